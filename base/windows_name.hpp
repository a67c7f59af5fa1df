// Which names a directory of Windows can hold as they are. Asks nothing of the system, so that it is tested
// on both.
#pragma once

#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// InvalidArgument with the reason: a device ("CON", "nul.txt", "COM1"), a dot or space at the end (Win32 drops it),
// a character that no name may have, or text that is not UTF-8 (two names could become one).
Status CheckWindowsName(std::string_view name);

}  // namespace jobpod
