#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace jobpod {

// A running SHA-256. Not thread-safe.
class Sha256 {
 public:
  Sha256();

  void Update(std::string_view bytes);

  // "sha256:<64 hex digits>"; once. Empty when the system's cryptography refuses SHA-256, so that it
  // never equals a wanted digest.
  std::string Finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
  bool usable_ = false;
};

}  // namespace jobpod
