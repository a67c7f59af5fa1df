#include "runtime/shim/stdio_linux.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <cerrno>

namespace jobpod::shim {
namespace {

struct Pipe {
  Fd read, write;
};

StatusOr<Pipe> OpenPipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "make a pipe for the container's output");
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// Only the shim's end: the container gets ordinary blocking streams.
Status MakeNonBlocking(const Fd& end) {
  if (fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "set up a container's stream");
}

StatusOr<Fd> Copy(const Fd& from) {
  int fd = fcntl(from.get(), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return ErrnoStatus(errno, "copy a container's stream");
  return Fd(fd);
}

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
  ASSIGN_OR_RETURN(stdio.process_input, Copy(stdio.process_output));
  ASSIGN_OR_RETURN(stdio.process_error, Copy(stdio.process_output));
  if (asked.stdin()) {
    ASSIGN_OR_RETURN(stdio.input, Copy(stdio.output));
  }
  RETURN_IF_ERROR(MakeNonBlocking(stdio.output));
  return stdio;
}

}  // namespace

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked) {
  if (asked.tty()) return OpenTerminal(asked);
  ContainerStdio stdio;
  ASSIGN_OR_RETURN(Pipe output, OpenPipe());
  ASSIGN_OR_RETURN(Pipe error, OpenPipe());
  RETURN_IF_ERROR(MakeNonBlocking(output.read));
  RETURN_IF_ERROR(MakeNonBlocking(error.read));
  if (asked.stdin()) {
    ASSIGN_OR_RETURN(Pipe input, OpenPipe());
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
