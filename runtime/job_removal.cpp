#include "runtime/job_removal.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>

#include "base/clock.hpp"

namespace jobpod {
namespace {

class Removal : public std::enable_shared_from_this<Removal> {
 public:
  Removal(boost::asio::io_context& io, std::unique_ptr<Job> job, std::function<void(const Status&)> on_end,
          const RemovalPace& pace)
      : timer_(io),
        job_(std::move(job)),
        on_end_(std::move(on_end)),
        longest_pause_(pace.longest_pause),
        give_up_(After(pace.bound)) {}

  void Try() {
    // Remove would wait a little for the last processes, and this thread has others to serve.
    Status removed = job_->Empty() ? job_->Remove() : absl::FailedPreconditionError("processes are left in it");
    if (removed.ok() || std::chrono::steady_clock::now() >= give_up_) return on_end_(removed);
    timer_.expires_after(pause_);
    pause_ = std::min(pause_ * 2, longest_pause_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error) self->Try();
    });
  }

 private:
  boost::asio::steady_timer timer_;
  std::unique_ptr<Job> job_;
  std::function<void(const Status&)> on_end_;
  std::chrono::milliseconds pause_{1};
  const std::chrono::milliseconds longest_pause_;
  const Deadline give_up_;
};

}  // namespace

void RemoveWhenEmpty(boost::asio::io_context& io, std::unique_ptr<Job> job,
                     std::function<void(const Status&)> on_end, const RemovalPace& pace) {
  std::make_shared<Removal>(io, std::move(job), std::move(on_end), pace)->Try();
}

}  // namespace jobpod
