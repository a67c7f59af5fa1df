#include "runtime/shim/reaper.hpp"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <csignal>
#include <unordered_map>

namespace jobpod::shim {
namespace {

int ExitCode(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

class Reaper::Children {
 public:
  explicit Children(boost::asio::io_context& io) : signals_(io) {}

  Status Begin() {
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

  void Watch(pid_t pid, OnExit on_exit) { watched_[pid] = std::move(on_exit); }

 private:
  void Wait() {
    signals_.async_wait(signals_.wait_read, [this](boost::system::error_code error) {
      if (error) return;
      signalfd_siginfo info;
      while (read(signals_.native_handle(), &info, sizeof info) > 0) {
      }
      ReapAll();
      Wait();
    });
  }

  void ReapAll() {
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      auto found = watched_.find(pid);
      if (found == watched_.end()) continue;  // an orphan of some container
      OnExit on_exit = std::move(found->second);
      watched_.erase(found);
      on_exit(ExitCode(status));
    }
  }

  boost::asio::posix::stream_descriptor signals_;
  std::unordered_map<pid_t, OnExit> watched_;
};

Reaper::Reaper(boost::asio::io_context& io) : children_(std::make_unique<Children>(io)) {}

Reaper::~Reaper() = default;

Status Reaper::Begin() {
  return children_->Begin();
}

Status Reaper::Watch(const Spawned& child, OnExit on_exit) {
  children_->Watch(child.pid, std::move(on_exit));
  return absl::OkStatus();
}

}  // namespace jobpod::shim
