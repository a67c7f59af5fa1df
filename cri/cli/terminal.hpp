// The terminal, if there is one.
#pragma once

#include <cstddef>

namespace jobpod::cli {

struct TerminalSize {
  size_t columns = 0;  // 0 = standard error is no terminal
  size_t lines = 0;
};
TerminalSize StandardErrorSize();

}  // namespace jobpod::cli
