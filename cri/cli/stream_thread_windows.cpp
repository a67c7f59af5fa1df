#include "cri/cli/stream_thread_windows.hpp"

#include <utility>

namespace jobpod::cli {
namespace {

constexpr std::chrono::milliseconds kPause{10};

}  // namespace

StreamThread::StreamThread() : thread_([this] { Loop(); }) {}

// Asked again and again: the thread may be about to wait.
StreamThread::~StreamThread() {
  std::unique_lock lock(mutex_);
  leaving_ = true;
  changed_.notify_all();
  while (!ended_) {
    if (self_) CancelSynchronousIo(self_.get());
    changed_.wait_for(lock, kPause);
  }
  lock.unlock();
  thread_.join();
}

void StreamThread::Do(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  work_ = std::move(work);
  changed_.notify_all();
}

void StreamThread::Loop() {
  std::unique_lock lock(mutex_);
  HANDLE self = nullptr;
  DuplicateHandle(GetCurrentProcess(), GetCurrentThread(), GetCurrentProcess(), &self, 0, FALSE,
                  DUPLICATE_SAME_ACCESS);
  self_.Reset(self);
  for (;;) {
    changed_.wait(lock, [&] { return leaving_ || work_; });
    if (leaving_) break;
    const auto work = std::exchange(work_, nullptr);
    lock.unlock();
    work();
    lock.lock();
  }
  ended_ = true;
  changed_.notify_all();
}

}  // namespace jobpod::cli
