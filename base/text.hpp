// Joining pieces of text. (Debian's abseil has a string_view of its own, which Concat wants.)
#pragma once

#include <absl/strings/string_view.h>

#include <concepts>
#include <string>
#include <string_view>

namespace jobpod {

inline void AppendTo(std::string& out, std::string_view piece) {
  out.append(piece);
}
inline void AppendTo(std::string& out, absl::string_view piece) {
  out.append(piece.data(), piece.size());
}
inline void AppendTo(std::string& out, const std::string& piece) {
  out.append(piece);
}
inline void AppendTo(std::string& out, const char* piece) {
  out.append(piece);
}
inline void AppendTo(std::string& out, char piece) {
  out.push_back(piece);
}
template <std::integral Integer>
void AppendTo(std::string& out, Integer piece) {
  out.append(std::to_string(piece));
}

// Concat("open ", path, ": ", 17): strings, characters and integers, one after the other.
template <typename... Pieces>
std::string Concat(const Pieces&... pieces) {
  std::string out;
  (AppendTo(out, pieces), ...);
  return out;
}

}  // namespace jobpod
