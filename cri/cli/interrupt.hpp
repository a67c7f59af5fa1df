// Ctrl-C as a call instead of a death.
#pragma once

#include <functional>
#include <thread>

#include "base/handle_linux.hpp"

namespace jobpod::cli {

// First thing in main, before any thread: keeps SIGINT and SIGTERM for whoever waits for them, makes a
// closed pipe an error.
void BlockInterrupts();

// While it lives, each SIGINT or SIGTERM calls `handler` with how many there were, from a thread of its
// own. One at a time. A signal that comes between two of them is kept for the next.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void(int)> handler);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  void Loop(const std::function<void(int)>& handler) const;
  Fd end_;
  std::thread thread_;
};

}  // namespace jobpod::cli
