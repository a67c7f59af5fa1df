// Names that ignore the case of letters: hosts, schemes, headers.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace jobpod {

// ASCII letters in lower case; other bytes stay.
inline std::string AsciiLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace jobpod
