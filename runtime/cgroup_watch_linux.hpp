// Changes of a job, told by the kernel: cgroup.events and memory.events (v2), an eventfd for the memory
// limit (v1), and a timer where nothing tells that a v1 group has become empty.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "base/status.hpp"
#include "runtime/cgroup_system.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// Stops when destroyed, on any thread; a callback already running may still end after that. The
// io_context outlives it.
class JobWatch {
 public:
  static StatusOr<std::unique_ptr<JobWatch>> Start(const CgroupSystem& system, const std::string& job,
                                                   boost::asio::io_context& io, JobEvents events);
  ~JobWatch();

 private:
  struct State;
  explicit JobWatch(std::shared_ptr<State> state) : state_(std::move(state)) {}

  std::shared_ptr<State> state_;
};

}  // namespace jobpod
