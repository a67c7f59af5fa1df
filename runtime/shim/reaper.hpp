// Reaps every child of the shim: the processes it started, and on Linux the orphans a subreaper inherits.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod::shim {

// On the shim's one thread. Being the only place that waits for children, it makes pids safe: none is
// used again before its callback has run.
class Reaper {
 public:
  // 0…255, or 128 + the signal that killed the process; on Windows the code as it is.
  using OnExit = std::function<void(int exit_code)>;

  explicit Reaper(boost::asio::io_context& io);
  ~Reaper();

  // Linux: blocks SIGCHLD. Called once.
  Status Begin();

  // Calls `on_exit` once, from the event loop, when the child has ended. Called right after its start,
  // before control returns to the event loop. `process_handle` stays the caller's.
  Status Watch(const Spawned& child, OnExit on_exit);

 private:
  class Children;
  std::unique_ptr<Children> children_;
};

}  // namespace jobpod::shim
