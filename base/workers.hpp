// Threads for calls that wait: StopContainer's grace, ExecSync, PullImage. Threads are made on demand
// up to a bound and end after some idle time, so an idle daemon holds almost none.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "base/status.hpp"

namespace jobpod {

// Thread-safe. The destructor refuses new work, runs what is queued and joins every thread.
class Workers {
 public:
  // `on_idle` runs on the last thread before it ends for want of work.
  Workers(size_t max_threads, size_t max_queue, std::function<void()> on_idle = {});
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Runs `task` on some thread soon. ResourceExhausted when all threads are busy and the queue is full, or
  // there is no thread and none to be had; the task is not kept then.
  Status Run(std::function<void()> task);

 private:
  Status StartThread();
  void Loop(std::list<std::thread>::iterator self);
  void JoinEnded(std::unique_lock<std::mutex>& lock);

  const size_t max_threads_;
  const size_t max_queue_;
  const std::function<void()> on_idle_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::list<std::thread> threads_;
  std::list<std::thread> ended_;
  size_t idle_ = 0;
  bool closing_ = false;
};

}  // namespace jobpod
