#include "cri/cli/console_windows.hpp"

namespace jobpod::cli {

std::optional<DWORD> ConsoleMode(DWORD standard) {
  DWORD mode = 0;
  if (GetConsoleMode(GetStdHandle(standard), &mode)) return mode;
  return std::nullopt;
}

ConsoleExtent ExtentOf(DWORD standard_output) {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  if (!GetConsoleScreenBufferInfo(GetStdHandle(standard_output), &info)) return {};
  return {.columns = static_cast<uint16_t>(info.srWindow.Right - info.srWindow.Left + 1),
          .lines = static_cast<uint16_t>(info.srWindow.Bottom - info.srWindow.Top + 1)};
}

}  // namespace jobpod::cli
