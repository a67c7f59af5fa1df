#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "runtime/exec_output_test_host.hpp"

namespace jobpod {

OwnedHandle CopyEnd(NativeHandle end) {
  return OwnedHandle(fcntl(static_cast<int>(end), F_DUPFD_CLOEXEC, 0));
}

bool WriteTo(const OwnedHandle& end, const char* bytes, size_t size) {
  std::signal(SIGPIPE, SIG_IGN);
  return ::write(static_cast<int>(end.get()), bytes, size) > 0;
}

}  // namespace jobpod
