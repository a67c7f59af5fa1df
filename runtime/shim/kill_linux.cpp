#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <memory>

#include "base/file.hpp"
#include "base/handle_linux.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

// A shim is told by its arguments, which name the directory of one pod.
bool IsShimOf(int32_t pid, const std::string& state_directory) {
  StatusOr<std::string> arguments = ReadFile(Concat("/proc/", pid, "/cmdline"), 64 << 10);
  return arguments.ok() && *arguments == Concat("jobpod-shim", '\0', state_directory, "/config", '\0');
}

// Looked at again behind the pidfd: the number may have gone to another process in between.
bool KillIfShim(int32_t pid, const std::string& state_directory) {
  if (!IsShimOf(pid, state_directory)) return false;
  Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd || !IsShimOf(pid, state_directory)) return false;
  return syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0) == 0;
}

}  // namespace

void KillShimOf(int32_t pid, const std::string& state_directory) {
  if (pid > 0) {
    KillIfShim(pid, state_directory);
    return;
  }
  std::unique_ptr<DIR, int (*)(DIR*)> processes(opendir("/proc"), closedir);
  while (const dirent* entry = processes ? readdir(processes.get()) : nullptr) {
    const int32_t candidate = atoi(entry->d_name);
    if (candidate > 0 && KillIfShim(candidate, state_directory)) return;
  }
}

}  // namespace jobpod
