// A bound on shutting down.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace jobpod {

// Ends the process with success, after `last_words`, unless it is destroyed before `limit` is over.
class Watchdog {
 public:
  Watchdog(std::chrono::milliseconds limit, std::function<void()> last_words);
  ~Watchdog();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool called_off_ = false;
  // Not by its stop token: MinGW's library may wait for ever in the destructor of a stop_callback whose stop is being
  // requested, and this is the one that must end.
  std::jthread thread_;
};

}  // namespace jobpod
