#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>

#include "cri/cli/raw_terminal.hpp"

namespace jobpod::cli {
namespace {

class LinuxRawTerminal final : public RawTerminal {
 public:
  explicit LinuxRawTerminal(const termios& normal) : normal_(normal), raw_(normal) {
    cfmakeraw(&raw_);
    Renew();
  }
  // Without TCSAFLUSH: what was typed ahead is the shell's.
  ~LinuxRawTerminal() override { tcsetattr(STDIN_FILENO, TCSADRAIN, &normal_); }

  void Renew() override { tcsetattr(STDIN_FILENO, TCSADRAIN, &raw_); }

  Size size() const override {
    winsize size{};
    if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0) return {};
    return {.columns = size.ws_col, .lines = size.ws_row};
  }

 private:
  const termios normal_;
  termios raw_;
};

}  // namespace

bool StandardInputIsTerminal() {
  return isatty(STDIN_FILENO) == 1;
}

StatusOr<std::unique_ptr<RawTerminal>> RawTerminal::Enter() {
  termios normal{};
  if (tcgetattr(STDIN_FILENO, &normal) == 0) return std::make_unique<LinuxRawTerminal>(normal);
  return absl::FailedPreconditionError("standard input is no terminal; leave --tty (-t) away");
}

}  // namespace jobpod::cli
