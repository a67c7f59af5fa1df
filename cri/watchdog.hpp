// A bound on shutting down.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace jobpod {

// Ends the process with success, after logging `reason`, unless it is destroyed before `limit` is over.
class Watchdog {
 public:
  Watchdog(std::chrono::milliseconds limit, const char* reason);

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::jthread thread_;
};

}  // namespace jobpod
