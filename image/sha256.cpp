#include "image/sha256.hpp"

#include <openssl/evp.h>

#include "base/id.hpp"
#include "base/text.hpp"

namespace jobpod {

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  usable_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
}

void Sha256::Update(std::string_view bytes) {
  usable_ = usable_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
}

std::string Sha256::Finish() {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (!usable_ || EVP_DigestFinal_ex(context_.get(), raw, &size) != 1) return {};
  usable_ = false;
  return Concat("sha256:", Hex({reinterpret_cast<const char*>(raw), size}));
}

}  // namespace jobpod
