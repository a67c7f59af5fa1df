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

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace jobpod
