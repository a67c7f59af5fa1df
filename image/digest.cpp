#include "image/digest.hpp"

#include <openssl/evp.h>

#include "base/id.hpp"
#include "base/text.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kPrefix = "sha256:";

}  // namespace

struct Hasher::Context {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> evp{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

bool IsDigest(std::string_view text) {
  return text.starts_with(kPrefix) && text.size() == kPrefix.size() + 64 &&
         IsIdOrPrefix(text.substr(kPrefix.size()));
}

std::string DigestHex(std::string_view digest) {
  return std::string(digest.substr(kPrefix.size()));
}

std::string DigestOf(std::string_view bytes) {
  Hasher hasher;
  hasher.Add(bytes);
  return hasher.Digest();
}

Hasher::Hasher() : context_(std::make_unique<Context>()) {
  EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr);
}

Hasher::~Hasher() = default;

void Hasher::Add(std::string_view bytes) {
  EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size());
}

std::string Hasher::Digest() {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_->evp.get(), hash, &size);
  return Concat(kPrefix, Hex({reinterpret_cast<const char*>(hash), size}));
}

}  // namespace jobpod
