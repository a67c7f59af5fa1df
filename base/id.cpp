#include "base/id.hpp"

#include <algorithm>
#include <array>

#include "base/random.hpp"

namespace jobpod {

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4];
    text += kDigits[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::string NewId() {
  std::array<char, 32> bytes{};
  FillRandom(bytes.data(), bytes.size());
  return Hex({bytes.data(), bytes.size()});
}

bool IsIdOrPrefix(std::string_view text) {
  auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_hex);
}

}  // namespace jobpod
