#include <sys/prctl.h>
#include <sys/wait.h>

#include <boost/asio/signal_set.hpp>
#include <deque>
#include <map>
#include <mutex>

#include "base/log.hpp"
#include "runtime/child_reaper.hpp"

namespace jobpod {
namespace {

constexpr size_t kRemembered = 4096;

class LinuxChildReaper final : public ChildReaper {
 public:
  explicit LinuxChildReaper(boost::asio::io_context& io) : signals_(io, SIGCHLD) {
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) log::warn("cannot become child subreaper");
    Wait();
    Reap();
  }

  std::optional<int> TakeExitCode(int32_t pid) override {
    Reap();
    std::scoped_lock lock(mutex_);
    auto at = codes_.find(pid);
    if (at == codes_.end()) return std::nullopt;
    int code = at->second;
    codes_.erase(at);
    return code;
  }

 private:
  void Wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      Reap();
      Wait();
    });
  }

  void Reap() {
    std::scoped_lock lock(mutex_);
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      codes_[pid] = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      order_.push_back(pid);
      if (order_.size() <= kRemembered) continue;
      codes_.erase(order_.front());
      order_.pop_front();
    }
  }

  boost::asio::signal_set signals_;
  std::mutex mutex_;
  std::map<pid_t, int> codes_;
  std::deque<pid_t> order_;
};

}  // namespace

std::unique_ptr<ChildReaper> ChildReaper::Start(boost::asio::io_context& io) {
  return std::make_unique<LinuxChildReaper>(io);
}

}  // namespace jobpod
