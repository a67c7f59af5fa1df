// SHA-256 digests as registries write them: "sha256:<64 lower-case hexadecimal digits>".
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace jobpod {

bool IsDigest(std::string_view text);

// The part after "sha256:"; `digest` must satisfy IsDigest.
std::string DigestHex(std::string_view digest);

std::string DigestOf(std::string_view bytes);

// Digest of bytes that come in pieces. Not thread-safe.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void Add(std::string_view bytes);
  // Call once, at the end.
  std::string Digest();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace jobpod
