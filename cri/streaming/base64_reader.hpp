// Base64 (RFC 4648, section 4) that comes in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_Encode_Ctx_st;

namespace jobpod::streaming {

// Not thread-safe.
class Base64Reader {
 public:
  Base64Reader();
  ~Base64Reader();

  // Another text begins.
  void Restart();
  // Appends what `text` adds to `out`. False when it is no base64; line ends in it are passed over.
  bool Feed(std::string_view text, std::string& out);
  // The text ends here. False when something is missing, be it padding.
  bool Finish();

 private:
  const std::unique_ptr<evp_Encode_Ctx_st, void (*)(evp_Encode_Ctx_st*)> context_;
  bool padded_ = false;  // nothing but line ends may follow
};

}  // namespace jobpod::streaming
