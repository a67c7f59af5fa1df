// The terminal, if there is one.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.hpp"

namespace jobpod::cli {

struct TerminalSize {
  size_t columns = 0;  // 0 = standard error is no terminal
  size_t lines = 0;
};
TerminalSize StandardErrorSize();

// A line of standard input, without echo and after `prompt` when it is a terminal. Cancelled on Ctrl-C,
// InvalidArgument at its end.
StatusOr<std::string> ReadSecret(const std::string& prompt);

}  // namespace jobpod::cli
