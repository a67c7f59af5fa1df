// Ctrl-C as a call instead of a death.
#pragma once

#include <functional>
#include <thread>

#include "cri/cli/event.hpp"

namespace jobpod::cli {

// First thing in main, before any thread: keeps SIGINT and SIGTERM (Ctrl-C, Ctrl-Break and the console's end) for
// whoever waits for them, makes a closed pipe an error.
void BlockInterrupts();

// While it lives, each of them calls `handler` with how many there were, from a thread of its
// own. One at a time. A signal that comes between two of them is kept for the next.
class OnInterrupt {
 public:
  explicit OnInterrupt(std::function<void(int)> handler);
  ~OnInterrupt();
  OnInterrupt(const OnInterrupt&) = delete;
  OnInterrupt& operator=(const OnInterrupt&) = delete;

 private:
  void Loop(const std::function<void(int)>& handler) const;
  const std::unique_ptr<Event> end_ = Event::Make();
  std::thread thread_;
};

}  // namespace jobpod::cli
