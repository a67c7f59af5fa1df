#include "image/hash_ring.hpp"

#include <system_error>

namespace jobpod {

StatusOr<std::unique_ptr<HashThread>> HashThread::Start() {
  std::unique_ptr<HashThread> made(new HashThread);
  try {
    made->thread_ = std::thread([thread = made.get()] { thread->Loop(); });
  } catch (const std::system_error& error) {
    return ErrnoStatus(error.code().value(), "start the thread that verifies a layer");
  }
  return made;
}

HashThread::~HashThread() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  posted_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void HashThread::Post(const Job& job) {
  {
    std::lock_guard lock(mutex_);
    *job.busy = true;
    jobs_.push_back(job);
  }
  posted_.notify_one();
}

void HashThread::WaitUntilFree(const bool& busy) {
  std::unique_lock lock(mutex_);
  hashed_.wait(lock, [&] { return !busy; });
}

void HashThread::Loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    posted_.wait(lock, [&] { return closing_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    Job job = jobs_.front();
    jobs_.pop_front();
    lock.unlock();
    job.sha->Update(job.bytes);
    lock.lock();
    *job.busy = false;
    hashed_.notify_one();
  }
}

HashRing::HashRing(HashThread& thread, size_t buffers, size_t buffer_size)
    : thread_(thread), buffer_size_(buffer_size), buffers_(buffers) {
  for (Buffer& buffer : buffers_) buffer.bytes.reset(new char[buffer_size]);
}

HashRing::~HashRing() {
  for (Buffer& buffer : buffers_) thread_.WaitUntilFree(buffer.busy);
}

char* HashRing::Acquire() {
  current_ = (current_ + 1) % buffers_.size();
  thread_.WaitUntilFree(buffers_[current_].busy);
  return buffers_[current_].bytes.get();
}

void HashRing::Hash(size_t used) {
  Buffer& buffer = buffers_[current_];
  if (used > 0) thread_.Post({&sha_, {buffer.bytes.get(), used}, &buffer.busy});
}

std::string HashRing::Finish() {
  for (Buffer& buffer : buffers_) thread_.WaitUntilFree(buffer.busy);
  return sha_.Finish();
}

}  // namespace jobpod
