// Hashing beside decoding: the decoder fills buffers of a fixed ring, one other thread hashes them.
//
//   owner:        Acquire → fill → Hash(n) → read the bytes → Acquire → …
//   HashThread:                    └─ sha.Update ─┘ buffer free again
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/status.hpp"
#include "image/sha256.hpp"

namespace jobpod {

// One thread that serves several rings. Rings must end before it does.
class HashThread {
 public:
  static StatusOr<std::unique_ptr<HashThread>> Start();
  ~HashThread();
  HashThread(const HashThread&) = delete;
  HashThread& operator=(const HashThread&) = delete;

 private:
  friend class HashRing;
  struct Job {
    Sha256* sha;
    std::string_view bytes;
    bool* busy;
  };

  HashThread() = default;
  void Post(const Job& job);
  void WaitUntilFree(const bool& busy);
  void Loop();

  std::mutex mutex_;
  std::condition_variable posted_, hashed_;
  std::deque<Job> jobs_;  // at most one per buffer of each ring
  bool closing_ = false;
  std::thread thread_;
};

// One stream's buffers and digest. Used by one thread beside the HashThread.
class HashRing {
 public:
  HashRing(HashThread& thread, size_t buffers, size_t buffer_size);
  ~HashRing();
  HashRing(const HashRing&) = delete;
  HashRing& operator=(const HashRing&) = delete;

  // The oldest buffer, waiting until it is hashed. Overwrites what it held.
  char* Acquire();
  size_t buffer_size() const { return buffer_size_; }

  // Hashes the first `used` bytes of the acquired buffer, which stay readable until it comes round again.
  void Hash(size_t used);

  // Waits for the last buffer; "sha256:…". Once.
  std::string Finish();

 private:
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    bool busy = false;  // guarded by HashThread::mutex_
  };

  HashThread& thread_;
  const size_t buffer_size_;
  std::vector<Buffer> buffers_;
  size_t current_ = 0;
  Sha256 sha_;
};

}  // namespace jobpod
