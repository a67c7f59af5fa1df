#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "base/scope_exit.hpp"
#include "cri/cli/terminal.hpp"

namespace jobpod::cli {

TerminalSize StandardErrorSize() {
  if (isatty(STDERR_FILENO) != 1) return {};
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {.columns = 80, .lines = 24};
  return {.columns = size.ws_col, .lines = size.ws_row};
}

StatusOr<std::string> ReadSecret(const std::string& prompt) {
  termios normal{};
  const bool terminal = tcgetattr(STDIN_FILENO, &normal) == 0;
  if (terminal) {
    // Without signals too: Ctrl-C must not leave the terminal without echo.
    termios silent = normal;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    silent.c_cc[VEOL] = '\x03';
    std::cerr << prompt << std::flush;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  const ScopeExit restore([&] {
    if (terminal) tcsetattr(STDIN_FILENO, TCSAFLUSH, &normal);
  });
  std::string secret;
  for (char c = 0; read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
    if (terminal && c == '\x03') return absl::CancelledError("cancelled");
    secret += c;
  }
  if (terminal) std::cerr << "\n";
  if (secret.empty()) return absl::InvalidArgumentError("a password was expected on standard input");
  return secret;
}

}  // namespace jobpod::cli
