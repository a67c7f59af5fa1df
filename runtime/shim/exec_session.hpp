// One exec: a process in a nested job of a running container.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "runtime/job.hpp"
#include "runtime/shim/protocol.pb.h"
#include "runtime/shim/reaper.hpp"

namespace jobpod::shim {

class ExecSession : public std::enable_shared_from_this<ExecSession> {
 public:
  // `done` is called once: the process has exited, its time is over, or it was cancelled. By then its
  // whole tree has been killed.
  using Done = std::function<void(StatusOr<ExecReply>)>;

  // `timeout` 0 = none. On failure nothing is left and `done` is not called.
  static StatusOr<std::shared_ptr<ExecSession>> Start(boost::asio::io_context& io, Reaper& reaper,
                                                      Job& container_job, const LaunchPlan& plan,
                                                      const SpawnHandles& handles,
                                                      std::chrono::milliseconds timeout, Done done);

  // At once, or when `grace` is over.
  void Cancel(std::chrono::milliseconds grace);

 private:
  ExecSession(boost::asio::io_context& io, std::unique_ptr<Job> job, Done done);

  Status Spawn(Reaper& reaper, const LaunchPlan& plan, const SpawnHandles& handles);
  void GiveUp();
  void Arm(std::chrono::milliseconds timeout);
  void OnExit(int exit_code);
  void OnTimeout();
  void End(StatusOr<ExecReply> outcome);

  boost::asio::io_context& io_;
  std::unique_ptr<Job> job_;
  Done done_;
  boost::asio::steady_timer timer_;
};

}  // namespace jobpod::shim
