#include "base/windows_name.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace jobpod {
namespace {

constexpr std::array<std::string_view, 6> kDevices{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
constexpr std::string_view kForbidden = "<>:\"|?*\\/";

Status Refused(std::string_view why) {
  return absl::InvalidArgumentError(Concat("its path contains ", why));
}

// COM and LPT with a digit, which may be a superscript one.
bool IsPort(std::string_view name) {
  if (!name.starts_with("COM") && !name.starts_with("LPT")) return false;
  const std::string_view digit = name.substr(3);
  if (digit.size() == 1) return digit[0] >= '1' && digit[0] <= '9';
  return digit == "\xC2\xB9" || digit == "\xC2\xB2" || digit == "\xC2\xB3";
}

// Whatever follows the first dot, and spaces before it, do not count.
bool IsDevice(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  while (stem.ends_with(' ')) stem.pop_back();
  std::ranges::transform(stem, stem.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return std::ranges::find(kDevices, stem) != kDevices.end() || IsPort(stem);
}

// How many bytes follow a first byte in UTF-8; -1 for none that can be first.
int Following(unsigned char first) {
  if (first < 0x80) return 0;
  if (first >= 0xC2 && first < 0xE0) return 1;
  if (first >= 0xE0 && first < 0xF0) return 2;
  return first >= 0xF0 && first < 0xF5 ? 3 : -1;
}

// Too long forms and surrogates are none.
bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const int more = Following(first);
    if (more < 0 || at + static_cast<size_t>(more) >= text.size()) return false;
    uint32_t value = more == 0 ? first : first & (0x3Fu >> more);
    for (int i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
      if ((next & 0xC0) != 0x80) return false;
      value = value << 6 | (next & 0x3F);
    }
    if ((more == 2 && value < 0x800) || (more == 3 && (value < 0x10000 || value > 0x10FFFF))) return false;
    if (value >= 0xD800 && value < 0xE000) return false;
    at += static_cast<size_t>(more) + 1;
  }
  return true;
}

}  // namespace

Status CheckWindowsName(std::string_view name) {
  const bool forbidden = std::ranges::any_of(name, [](char c) {
    return static_cast<unsigned char>(c) < ' ' || kForbidden.find(c) != std::string_view::npos;
  });
  if (forbidden) return Refused("a character that no file of Windows can have in its name");
  if (name.ends_with('.') || name.ends_with(' '))
    return Refused("a name that ends in a dot or a space, which Windows programs cannot open");
  if (IsDevice(name)) return Refused("the name of a device (CON, NUL, COM1 and the like)");
  if (!IsUtf8(name)) return Refused("a name that is not UTF-8");
  return absl::OkStatus();
}

}  // namespace jobpod
