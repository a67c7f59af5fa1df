// Arguments as the one command line that Windows hands to a process. Asks nothing of the system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// One argument so that CommandLineToArgvW and the C runtime read it back exactly: quoted when it is empty or
// has a blank, a tab or a newline in it; quotes escaped by a backslash, backslashes doubled before a quote
// only.
std::string QuoteArgument(std::string_view argument);

// The arguments quoted and put together with blanks. InvalidArgument for a NUL in one, or when it is longer
// than the 32,767 characters CreateProcess takes.
StatusOr<std::string> JoinCommandLine(const std::vector<std::string>& arguments);

}  // namespace jobpod
