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

// The words of a command line as it stands, without the quotes around them and the backslashes before quotes.
// InvalidArgument for a quote without end.
StatusOr<std::vector<std::string>> SplitCommandLine(std::string_view line);

// Where the first `words` words of the line end.
size_t EndOfWords(std::string_view line, size_t words);

// The arguments quoted and put together with blanks. InvalidArgument for a NUL in one, or when it is longer
// than the 32,767 characters CreateProcess takes.
StatusOr<std::string> JoinCommandLine(const std::vector<std::string>& arguments);

// The command line for a program that the first `words` words name: these become one, in quotes. `line` is the whole of
// it where an image gives one, else `arguments` are put together.
StatusOr<std::string> CommandLineFor(const std::vector<std::string>& arguments, const std::string& line,
                                     size_t words);

}  // namespace jobpod
