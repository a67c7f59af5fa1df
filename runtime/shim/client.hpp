// The daemon's end of a shim's socket (protocol.proto): a named pipe on Windows. One connection per pod, shared by all threads.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/native_handle.hpp"
#include "base/status.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod {

inline constexpr uint32_t kShimProtocolVersion = 3;

// Thread-safe. Calls block the calling thread until the answer, the deadline (DeadlineExceeded: the shim does
// not answer) or the end of the connection (Unavailable). Must not be called on the io_context's threads.
class ShimClient {
 public:
  // They run on a thread of the io_context and must not block.
  struct Callbacks {
    std::function<void(const shim::ContainerReport&)> exited;
    std::function<void(const shim::LogLoss&)> log_lost;
    std::function<void()> disconnected;  // once, unless Expect was called
  };

  static StatusOr<std::shared_ptr<ShimClient>> Connect(boost::asio::io_context& io,
                                                       const std::string& socket, Callbacks callbacks);
  virtual ~ShimClient() = default;

  // First of all: checks the version and subscribes to events.
  virtual StatusOr<shim::HelloReply> Hello(Deadline deadline) = 0;
  // The same without waiting: `done` is called once, on an io thread, however late the shim answers.
  virtual void HelloAsync(std::function<void(StatusOr<shim::HelloReply>)> done) = 0;

  virtual StatusOr<shim::StartReply> Start(const LaunchPlan& plan, Deadline deadline) = 0;
  virtual Status Stop(const shim::Stop& stop, Deadline deadline) = 0;
  virtual Status Forget(const std::string& container_id, Deadline deadline) = 0;
  virtual Status ReopenLog(const std::string& container_id, Deadline deadline) = 0;
  // OK once the shim has killed everything and is about to end.
  virtual Status Shutdown(Deadline deadline) = 0;

  // Any other request; `handles` travel with it and stay the caller's.
  virtual StatusOr<shim::FromShim> Call(shim::ToShim request, Deadline deadline,
                                        const std::vector<NativeHandle>& handles = {}) = 0;

  // Sends `request` with `handles` (still the caller's) and calls `done` once, on an io thread: with the
  // answer or the end of the connection. No deadline.
  virtual void CallAsync(shim::ToShim request, const std::vector<NativeHandle>& handles,
                         std::function<void(StatusOr<shim::FromShim>)> done) = 0;
  // Does not wait.
  virtual void CancelExec(const std::string& exec_id) = 0;

  // From now on a disconnect is expected and not reported.
  virtual void Expect() = 0;
  // Ends the connection without a report; the shim kills the execs that came over it.
  virtual void Close() = 0;
  virtual bool connected() const = 0;
  // The process at the other end, as it said in its HelloReply.
  virtual int32_t shim_pid() const = 0;
  // The shim's, as it said there: a pod made by an older daemon keeps its older shim.
  virtual uint32_t protocol_version() const = 0;
};

}  // namespace jobpod
