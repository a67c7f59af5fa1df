#include "cri/cli/detach_keys.hpp"

namespace jobpod::cli {
namespace {

constexpr char kFirst = 'P' & 0x1f, kSecond = 'Q' & 0x1f;

}  // namespace

std::string DetachKeys::Pass(std::string_view typed) {
  std::string passed;
  for (const char key : typed) {
    if (half_ && key == kSecond) pressed_ = true;
    if (pressed_) break;
    if (half_) passed += kFirst;
    half_ = key == kFirst;
    if (!half_) passed += key;
  }
  return passed;
}

}  // namespace jobpod::cli
