#include <sys/signalfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "runtime/shim/reaper.hpp"

namespace jobpod::shim {
namespace {

int ExitCode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Status Reaper::Begin() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  if (sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return ErrnoStatus(errno, "block SIGCHLD");
  int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return ErrnoStatus(errno, "open a signal descriptor");
  signals_.assign(fd);
  Wait();
  return absl::OkStatus();
}

void Reaper::Wait() {
  signals_.async_wait(signals_.wait_read, [this](boost::system::error_code error) {
    if (error) return;
    signalfd_siginfo info;
    while (read(signals_.native_handle(), &info, sizeof info) > 0) {
    }
    ReapAll();
    Wait();
  });
}

void Reaper::ReapAll() {
  int status = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
    auto found = watched_.find(pid);
    if (found == watched_.end()) continue;  // an orphan of some container
    OnExit on_exit = std::move(found->second);
    watched_.erase(found);
    on_exit(ExitCode(status));
  }
}

}  // namespace jobpod::shim
