// The daemon's children: shims it started, and, as child subreaper, what a dead shim leaves behind.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <memory>
#include <optional>

namespace jobpod {

// Reaps every child of this process on SIGCHLD and remembers the last few thousand exit codes. One per
// process, made before threads that spawn. Thread-safe.
class ChildReaper {
 public:
  static std::unique_ptr<ChildReaper> Start(boost::asio::io_context& io);
  virtual ~ChildReaper() = default;

  // Exit code (128 + signal when killed by one) of a child that has ended; forgotten afterwards.
  virtual std::optional<int> TakeExitCode(int32_t pid) = 0;
};

}  // namespace jobpod
