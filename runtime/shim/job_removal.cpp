#include "runtime/shim/job_removal.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"

namespace jobpod::shim {
namespace {

constexpr std::chrono::milliseconds kLongestPause{100};

class Removal : public std::enable_shared_from_this<Removal> {
 public:
  Removal(boost::asio::io_context& io, std::unique_ptr<Job> job, std::function<void(const Status&)> on_end,
          std::chrono::milliseconds bound)
      : timer_(io), job_(std::move(job)), on_end_(std::move(on_end)), give_up_(After(bound)) {}

  void Try() {
    Status removed = job_->Remove();
    if (removed.ok() || std::chrono::steady_clock::now() >= give_up_) return on_end_(removed);
    timer_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, kLongestPause);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->Try();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  std::unique_ptr<Job> job_;
  std::function<void(const Status&)> on_end_;
  std::chrono::milliseconds pause_{1};
  const Deadline give_up_;
};

}  // namespace

void RemoveWhenEmpty(boost::asio::io_context& io, std::unique_ptr<Job> job,
                     std::function<void(const Status&)> on_end, std::chrono::milliseconds bound) {
  std::make_shared<Removal>(io, std::move(job), std::move(on_end), bound)->Try();
}

}  // namespace jobpod::shim
