#include "base/workers.hpp"

#include <chrono>
#include <system_error>

namespace jobpod {
namespace {
constexpr std::chrono::seconds kIdleLife{10};
}

Workers::Workers(size_t max_threads, size_t max_queue, std::function<void()> on_idle)
    : max_threads_(max_threads), max_queue_(max_queue), on_idle_(std::move(on_idle)) {}

Workers::~Workers() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  wake_.notify_all();
  wake_.wait(lock, [this] { return threads_.empty(); });
  JoinEnded(lock);
}

Status Workers::Run(std::function<void()> task) {
  std::unique_lock lock(mutex_);
  if (closing_) return absl::UnavailableError("the daemon is shutting down; try again after its restart");
  if (idle_ <= queue_.size() && threads_.size() >= max_threads_ && queue_.size() >= max_queue_) {
    return absl::ResourceExhaustedError(Concat("the daemon is busy with ", max_threads_, " calls and ",
                                               max_queue_, " are waiting; try again"));
  }
  queue_.push_back(std::move(task));
  const bool more = idle_ < queue_.size() && threads_.size() < max_threads_;
  const Status started = more ? StartThread() : absl::OkStatus();
  // Without a new thread those there are come to it, within the bound.
  if (!started.ok() && (threads_.empty() || queue_.size() > max_queue_)) {
    queue_.pop_back();
    return started;
  }
  wake_.notify_one();
  JoinEnded(lock);
  return absl::OkStatus();
}

Status Workers::StartThread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { Loop(self); });
    return absl::OkStatus();
  } catch (const std::system_error& error) {
    threads_.erase(self);
    return absl::ResourceExhaustedError(Concat("the daemon cannot start a thread for the call: ", error.what(),
                                               "; raise its TasksMax or try again"));
  }
}

void Workers::Loop(std::list<std::thread>::iterator self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait_for(lock, kIdleLife, [this] { return closing_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) {  // idle for long, or closing
      if (closing_ || threads_.size() > 1 || !on_idle_) break;
      lock.unlock();
      on_idle_();
      lock.lock();
      if (queue_.empty()) break;
    }
    auto task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = nullptr;
    lock.lock();
  }
  ended_.splice(ended_.end(), threads_, self);
  if (closing_) wake_.notify_all();
}

void Workers::JoinEnded(std::unique_lock<std::mutex>& lock) {
  std::list<std::thread> ended;
  ended.swap(ended_);
  lock.unlock();
  for (std::thread& thread : ended) thread.join();
  lock.lock();
}

}  // namespace jobpod
