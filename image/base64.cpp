#include "image/base64.hpp"

#include <openssl/evp.h>

#include <algorithm>

namespace jobpod {

std::optional<std::string> FromBase64(std::string text) {
  while (text.size() % 4 != 0) text += '=';
  std::string out(text.size() / 4 * 3 + 1, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  const auto padding = static_cast<size_t>(std::ranges::count(text, '='));
  if (size < 0 || padding > 2 || padding > static_cast<size_t>(size)) return std::nullopt;
  out.resize(static_cast<size_t>(size) - padding);
  return out;
}

}  // namespace jobpod
