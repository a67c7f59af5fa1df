#include "runtime/shim/client_core.hpp"

#include <future>

namespace jobpod {
namespace {

constexpr std::chrono::seconds kSendBound{5};

Status Gone() {
  return absl::UnavailableError("the pod's shim is gone");
}

Status ErrorOf(const shim::FromShim& reply) {
  return Status(static_cast<absl::StatusCode>(reply.error_code()), reply.error_message());
}

shim::ToShim HelloRequest() {
  shim::ToShim request;
  request.mutable_hello()->set_protocol_version(kShimProtocolVersion);
  return request;
}

// The shim would end the connection, and with it the pod.
Status CheckSize(const shim::ToShim& request) {
  const size_t size = request.ByteSizeLong();
  if (size <= kMaxFrame) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("the command line, environment and mounts together take ", size,
                                           " bytes; at most ", kMaxFrame, " can be passed on"));
}

}  // namespace

StatusOr<shim::HelloReply> ShimClientCore::Hello(Deadline deadline) {
  ASSIGN_OR_RETURN(shim::FromShim reply, Call(HelloRequest(), deadline));
  return Welcome(reply);
}

void ShimClientCore::HelloAsync(std::function<void(StatusOr<shim::HelloReply>)> done) {
  CallAsync(HelloRequest(), {},
            [self = shared_from_this(), done = std::move(done)](StatusOr<shim::FromShim> reply) {
              if (!reply.ok()) return done(reply.status());
              done(self->Welcome(*reply));
            });
}

StatusOr<shim::HelloReply> ShimClientCore::Welcome(const shim::FromShim& reply) {
  if (reply.hello().protocol_version() > kShimProtocolVersion) {
    return absl::FailedPreconditionError("the pod's shim is newer than this daemon; start the newer jobpodd");
  }
  RETURN_IF_ERROR(Meet(reply.hello().shim_pid()));
  shim_pid_ = reply.hello().shim_pid();
  protocol_version_ = reply.hello().protocol_version();
  return reply.hello();
}

StatusOr<shim::StartReply> ShimClientCore::Start(const LaunchPlan& plan, Deadline deadline) {
  shim::ToShim request;
  *request.mutable_start()->mutable_plan() = plan;
  ASSIGN_OR_RETURN(shim::FromShim reply, Call(std::move(request), deadline));
  return reply.start();
}

Status ShimClientCore::Stop(const shim::Stop& stop, Deadline deadline) {
  shim::ToShim request;
  *request.mutable_stop() = stop;
  return Call(std::move(request), deadline).status();
}

Status ShimClientCore::Forget(const std::string& container_id, Deadline deadline) {
  shim::ToShim request;
  request.mutable_forget()->set_container_id(container_id);
  return Call(std::move(request), deadline).status();
}

Status ShimClientCore::ReopenLog(const std::string& container_id, Deadline deadline) {
  shim::ToShim request;
  request.mutable_reopen_log()->set_container_id(container_id);
  return Call(std::move(request), deadline).status();
}

Status ShimClientCore::Shutdown(Deadline deadline) {
  shim::ToShim request;
  request.mutable_shutdown();
  return Call(std::move(request), deadline).status();
}

StatusOr<shim::FromShim> ShimClientCore::Call(shim::ToShim request, Deadline deadline,
                                              const std::vector<NativeHandle>& handles) {
  auto promise = std::make_shared<std::promise<StatusOr<shim::FromShim>>>();
  auto future = promise->get_future();
  uint64_t id = Send(std::move(request), handles, deadline,
                     [promise](StatusOr<shim::FromShim> reply) { promise->set_value(std::move(reply)); });
  if (future.wait_until(deadline) == std::future_status::ready) return future.get();
  TakePending(id);
  return absl::DeadlineExceededError("the pod's shim does not answer");
}

void ShimClientCore::CallAsync(shim::ToShim request, const std::vector<NativeHandle>& handles, Done done) {
  Send(std::move(request), handles, After(kSendBound), std::move(done));
}

void ShimClientCore::CancelExec(const std::string& exec_id) {
  shim::ToShim request;
  request.mutable_cancel_exec()->set_exec_id(exec_id);
  Send(std::move(request), {}, After(kSendBound), [](const StatusOr<shim::FromShim>&) {});
}

void ShimClientCore::Close() {
  expected_ = true;
  CutOff();
}

uint64_t ShimClientCore::Send(shim::ToShim request, const std::vector<NativeHandle>& handles, Deadline until,
                              Done done) {
  const uint64_t id = next_id_++;
  request.set_id(id);
  if (Status fits = CheckSize(request); !fits.ok()) {
    done(fits);
    return id;
  }
  Status sent;
  Done unsent;
  {
    // Whoever sends now may be waiting for a shim that does not read.
    std::unique_lock lock(send_mutex_, until);
    if (lock.owns_lock()) {
      AddPending(id, std::move(done));
      sent = SendFrame(request, handles, until, unsent);
    } else {
      sent = absl::DeadlineExceededError("the pod's shim does not read its socket");
      unsent = std::move(done);
    }
  }
  if (unsent) unsent(sent);
  return id;
}

Status ShimClientCore::SendFrame(shim::ToShim& request, const std::vector<NativeHandle>& handles, Deadline until,
                                 Done& unsent) {
  Status sent = connected_ ? NameHandles(handles, request) : Gone();
  std::string frame = FrameHeader(request.ByteSizeLong());
  request.AppendToString(&frame);
  std::string_view rest = frame;
  if (sent.ok()) sent = Write(rest, handles, until);
  if (sent.ok()) return sent;
  unsent = TakePending(request.id());
  TakeHandlesBack(request);
  // A frame that is cut off makes the stream useless. The call was taken out before, so that it ends with
  // its own error and not with that of the connection.
  if (rest.size() != frame.size()) CutOff();
  return sent;
}

void ShimClientCore::AddPending(uint64_t id, Done done) {
  std::scoped_lock lock(mutex_);
  pending_[id] = std::move(done);
}

ShimClientCore::Done ShimClientCore::TakePending(uint64_t id) {
  std::scoped_lock lock(mutex_);
  auto at = pending_.find(id);
  if (at == pending_.end()) return {};
  Done done = std::move(at->second);
  pending_.erase(at);
  return done;
}

bool ShimClientCore::Received(std::string_view bytes) {
  frames_.Append(bytes);
  for (;;) {
    auto next = frames_.Next();
    if (!next.ok()) return false;
    if (!next->has_value()) return true;
    shim::FromShim message;
    if (!message.ParseFromString(**next)) return false;
    Dispatch(std::move(message));
  }
}

void ShimClientCore::Dispatch(shim::FromShim message) {
  if (message.id() == 0) {
    if (message.has_exited() && callbacks_.exited) callbacks_.exited(message.exited());
    if (message.has_log_loss() && callbacks_.log_lost) callbacks_.log_lost(message.log_loss());
    return;
  }
  Done done = TakePending(message.id());
  if (!done) return;
  Status error = ErrorOf(message);
  if (error.ok()) return done(std::move(message));
  done(error);
}

void ShimClientCore::End() {
  connected_ = false;
  std::map<uint64_t, Done> pending;
  {
    std::scoped_lock lock(mutex_);
    pending.swap(pending_);
  }
  for (auto& [id, done] : pending) done(Gone());
  if (!expected_ && callbacks_.disconnected) callbacks_.disconnected();
  callbacks_ = {};
}

}  // namespace jobpod
