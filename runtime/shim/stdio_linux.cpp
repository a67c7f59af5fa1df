#include "runtime/shim/stdio_linux.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "base/pipe_linux.hpp"

namespace jobpod::shim {
namespace {

StatusOr<ContainerStdio> OpenTerminal(const Stdio& asked) {
  ContainerStdio stdio;
  stdio.terminal = true;
  stdio.output = Fd(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!stdio.output) return ErrnoStatus(errno, "open a terminal for the container");
  int unlocked = 0;
  if (ioctl(stdio.output.get(), TIOCSPTLCK, &unlocked) != 0) return ErrnoStatus(errno, "unlock a terminal");
  // TIOCGPTPEER opens the other side without looking for it in some /dev/pts.
  stdio.process_output = Fd(ioctl(stdio.output.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!stdio.process_output) return ErrnoStatus(errno, "open a terminal for the container");
  ASSIGN_OR_RETURN(stdio.process_input, Duplicate(stdio.process_output));
  ASSIGN_OR_RETURN(stdio.process_error, Duplicate(stdio.process_output));
  if (asked.stdin()) {
    ASSIGN_OR_RETURN(stdio.input, Duplicate(stdio.output));
  }
  RETURN_IF_ERROR(MakeNonBlocking(stdio.output));
  return stdio;
}

}  // namespace

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked) {
  if (asked.tty()) return OpenTerminal(asked);
  ContainerStdio stdio;
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe error, MakePipe());
  RETURN_IF_ERROR(MakeNonBlocking(output.read));
  RETURN_IF_ERROR(MakeNonBlocking(error.read));
  if (asked.stdin()) {
    ASSIGN_OR_RETURN(Pipe input, MakePipe());
    RETURN_IF_ERROR(MakeNonBlocking(input.write));
    stdio.process_input = std::move(input.read);
    stdio.input = std::move(input.write);
  }
  stdio.output = std::move(output.read);
  stdio.error = std::move(error.read);
  stdio.process_output = std::move(output.write);
  stdio.process_error = std::move(error.write);
  return stdio;
}

}  // namespace jobpod::shim
