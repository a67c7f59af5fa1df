#include "image/digest.hpp"

#include "base/id.hpp"
#include "image/sha256.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kPrefix = "sha256:";

}  // namespace

bool IsDigest(std::string_view text) {
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         IsIdOrPrefix(text.substr(kPrefix.size()));
}

std::string DigestHex(std::string_view digest) {
  return std::string(digest.substr(kPrefix.size()));
}

std::string DigestOf(std::string_view bytes) {
  Sha256 sha;
  sha.Update(bytes);
  return sha.Finish();
}

}  // namespace jobpod
