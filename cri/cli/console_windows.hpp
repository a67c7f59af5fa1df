// The console this program was started in, if any.
#pragma once

#include <windows.h>

#include <cstdint>
#include <optional>

namespace jobpod::cli {

// Whether a standard stream (STD_INPUT_HANDLE…) is a console, and its mode.
std::optional<DWORD> ConsoleMode(DWORD standard);

struct ConsoleExtent {
  uint16_t columns = 0, lines = 0;  // of the window; 0 = not known
};
ConsoleExtent ExtentOf(DWORD standard_output);

}  // namespace jobpod::cli
