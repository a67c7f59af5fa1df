#include "base/pipe_linux.hpp"

#include <fcntl.h>

#include <cerrno>

namespace jobpod {

StatusOr<Pipe> MakePipe(int capacity) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "make a pipe");
  Pipe pipe{Fd(ends[0]), Fd(ends[1])};
  if (capacity > 0) SetPipeSize(pipe.write, capacity);
  return pipe;
}

void SetPipeSize(const Fd& end, int capacity) {
  (void)fcntl(end.get(), F_SETPIPE_SZ, capacity);
}

Status MakeNonBlocking(const Fd& end) {
  if (fcntl(end.get(), F_SETFL, O_NONBLOCK) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "make a stream non-blocking");
}

StatusOr<Fd> Duplicate(const Fd& from) {
  int fd = fcntl(from.get(), F_DUPFD_CLOEXEC, 3);
  if (fd < 0) return ErrnoStatus(errno, "copy a stream");
  return Fd(fd);
}

}  // namespace jobpod
