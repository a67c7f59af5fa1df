#include <sys/ioctl.h>
#include <unistd.h>

#include "cri/cli/terminal.hpp"

namespace jobpod::cli {

TerminalSize StandardErrorSize() {
  if (isatty(STDERR_FILENO) != 1) return {};
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {.columns = 80, .lines = 24};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

}  // namespace jobpod::cli
