// What is the same on every system of the daemon's end: calls, their answers, events.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "base/frame.hpp"
#include "runtime/shim/client.hpp"

namespace jobpod {

class ShimClientCore : public ShimClient, public std::enable_shared_from_this<ShimClientCore> {
 public:
  // Begins to read. On a thread of the io_context.
  void Begin() { Read(); }

  StatusOr<shim::HelloReply> Hello(Deadline deadline) override;
  void HelloAsync(std::function<void(StatusOr<shim::HelloReply>)> done) override;
  StatusOr<shim::StartReply> Start(const LaunchPlan& plan, Deadline deadline) override;
  Status Stop(const shim::Stop& stop, Deadline deadline) override;
  Status Forget(const std::string& container_id, Deadline deadline) override;
  Status ReopenLog(const std::string& container_id, Deadline deadline) override;
  Status Shutdown(Deadline deadline) override;
  StatusOr<shim::FromShim> Call(shim::ToShim request, Deadline deadline,
                                const std::vector<NativeHandle>& handles = {}) override;
  void CallAsync(shim::ToShim request, const std::vector<NativeHandle>& handles,
                 std::function<void(StatusOr<shim::FromShim>)> done) override;
  void CancelExec(const std::string& exec_id) override;
  void Expect() override { expected_ = true; }
  void Close() override;
  bool connected() const override { return connected_; }
  int32_t shim_pid() const override { return shim_pid_; }
  uint32_t protocol_version() const override { return protocol_version_; }

 protected:
  explicit ShimClientCore(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}

  // Of each system. Reads what comes, gives it to Received, and calls End once.
  virtual void Read() = 0;
  // Sends all of `data` and takes what was sent off its front; `handles` travel with the first byte. One call at a time.
  virtual Status Write(std::string_view& data, const std::vector<NativeHandle>& handles, Deadline until) = 0;
  // Where they travel by value: names them in the request before it is written, and closes them if it was not.
  virtual Status NameHandles(const std::vector<NativeHandle>&, shim::ToShim&) { return absl::OkStatus(); }
  virtual void TakeHandlesBack(const shim::ToShim&) {}
  // Ends the connection, from any thread.
  virtual void CutOff() = 0;
  // The shim has said who it is.
  virtual Status Meet(int32_t) { return absl::OkStatus(); }

  // False when the stream makes no sense.
  bool Received(std::string_view bytes);
  void End();

 private:
  using Done = std::function<void(StatusOr<shim::FromShim>)>;

  StatusOr<shim::HelloReply> Welcome(const shim::FromShim& reply);
  uint64_t Send(shim::ToShim request, const std::vector<NativeHandle>& handles, Deadline until, Done done);
  Status SendFrame(shim::ToShim& request, const std::vector<NativeHandle>& handles, Deadline until, Done& unsent);
  void AddPending(uint64_t id, Done done);
  Done TakePending(uint64_t id);
  void Dispatch(shim::FromShim message);

  Callbacks callbacks_;
  FrameReader frames_;
  std::atomic<bool> connected_ = true, expected_ = false;
  std::atomic<int32_t> shim_pid_ = 0;
  std::atomic<uint32_t> protocol_version_ = 0;
  std::timed_mutex send_mutex_;  // one frame after the other
  std::atomic<uint64_t> next_id_ = 1;
  std::mutex mutex_;
  std::map<uint64_t, Done> pending_;  // guarded by mutex_
};

}  // namespace jobpod
