// Reaps every child of the shim: the processes it started, and the orphans a subreaper inherits.
#pragma once

#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <unordered_map>

#include "base/status.hpp"

namespace jobpod::shim {

// On the shim's one thread. Being the only place that waits for children, it makes pids safe: none is
// used again before its callback has run.
class Reaper {
 public:
  // 0…255, or 128 + the signal that killed the process.
  using OnExit = std::function<void(int exit_code)>;

  explicit Reaper(boost::asio::io_context& io) : signals_(io) {}

  // Blocks SIGCHLD and begins. Called once.
  Status Begin();

  // Calls `on_exit` once, from the event loop, when the child has ended. Called right after its start,
  // before control returns to the event loop.
  void Watch(pid_t pid, OnExit on_exit) { watched_[pid] = std::move(on_exit); }

 private:
  void Wait();
  void ReapAll();

  boost::asio::posix::stream_descriptor signals_;
  std::unordered_map<pid_t, OnExit> watched_;
};

}  // namespace jobpod::shim
