// Base64 (RFC 4648, section 4) of whole texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace jobpod {

inline void AppendBase64(std::string_view bytes, std::string& out) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t to = out.size();
  out.resize(to + (bytes.size() + 2) / 3 * 4, '=');
  for (size_t from = 0; from < bytes.size(); from += 3, to += 4) {
    const size_t count = bytes.size() - from < 3 ? bytes.size() - from : 3;
    uint32_t bits = 0;
    for (size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < count ? static_cast<unsigned char>(bytes[from + i]) : 0u);
    for (size_t i = 0; i <= count; ++i) out[to + i] = kDigits[bits >> (18 - 6 * i) & 63];
  }
}

inline std::string Base64(std::string_view bytes) {
  std::string out;
  AppendBase64(bytes, out);
  return out;
}

}  // namespace jobpod
