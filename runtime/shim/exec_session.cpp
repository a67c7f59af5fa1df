#include "runtime/shim/exec_session.hpp"

#include "base/native_handle.hpp"
#include "runtime/job_removal.hpp"

namespace jobpod::shim {

StatusOr<std::shared_ptr<ExecSession>> ExecSession::Start(boost::asio::io_context& io, Reaper& reaper,
                                                          Job& container_job, const LaunchPlan& plan,
                                                          const SpawnHandles& handles,
                                                          std::chrono::milliseconds timeout, Done done) {
  ASSIGN_OR_RETURN(auto job, container_job.CreateChild(plan.id(), JobKind::kExec, Limits()));
  std::shared_ptr<ExecSession> session(new ExecSession(io, std::move(job), std::move(done)));
  Status spawned = session->Spawn(reaper, plan, handles);
  if (!spawned.ok()) {
    session->GiveUp();
    return spawned;
  }
  if (timeout.count() > 0) session->Arm(timeout);
  return session;
}

ExecSession::ExecSession(boost::asio::io_context& io, std::unique_ptr<Job> job, Done done)
    : io_(io), job_(std::move(job)), done_(std::move(done)), timer_(io) {}

Status ExecSession::Spawn(Reaper& reaper, const LaunchPlan& plan, const SpawnHandles& handles) {
  ASSIGN_OR_RETURN(const Spawned process, job_->Spawn(plan, handles));
  const OwnedHandle handle(process.process_handle);  // not needed: the reaper tells of the end
  return reaper.Watch(process, [self = shared_from_this()](int exit_code) { self->OnExit(exit_code); });
}

void ExecSession::GiveUp() {
  done_ = nullptr;
  (void)job_->Terminate();
  RemoveWhenEmpty(io_, std::move(job_), [](const Status&) {});
}

void ExecSession::Cancel(std::chrono::milliseconds grace) {
  if (grace.count() > 0) return Arm(grace);
  End(absl::CancelledError("the exec was cancelled and its processes were killed"));
}

void ExecSession::Arm(std::chrono::milliseconds timeout) {
  timer_.expires_after(timeout);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (!error && self != nullptr) self->OnTimeout();
  });
}

void ExecSession::OnExit(int exit_code) {
  ExecReply reply;
  reply.set_exit_code(exit_code);
  End(std::move(reply));
}

void ExecSession::OnTimeout() {
  ExecReply reply;
  reply.set_timed_out(true);
  End(std::move(reply));
}

void ExecSession::End(StatusOr<ExecReply> outcome) {
  if (done_ == nullptr) return;
  Done done = std::exchange(done_, nullptr);
  timer_.cancel();
  if (!job_->Empty()) (void)job_->Terminate();
  done(std::move(outcome));
  RemoveWhenEmpty(io_, std::move(job_), [](const Status&) {});
}

}  // namespace jobpod::shim
