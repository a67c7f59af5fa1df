// StartContainer: plan → shim → pid, or EXITED, 128, "StartError" with the reason.
#include "base/log.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kStartDeadline{30};
constexpr int32_t kStartErrorCode = 128;
constexpr char kStartError[] = "StartError";

}  // namespace

StatusOr<LaunchPlan> Manager::FinalPlan(const ContainerRecord& record) {
  LaunchPlan plan = record.plan();
  *plan.mutable_limits() = record.limits();
  std::string image_user;
  if (StatusOr<ImagePointer> image = images_.Find(record.spec().image_id());
      image.ok() && *image != nullptr) {
    image_user = (*image)->config.user;
  }
  RETURN_IF_ERROR(FinishPlan(record, image_user, accounts_, plan));
  return plan;
}

Status Manager::FailStart(Container& container, const Status& why) {
  const auto failed = [&](ContainerRecord& record) {
    if (record.finished_at() != 0) return false;
    int64_t now = NowUnixNanos();
    record.set_started_at(now);
    record.set_finished_at(now);
    record.set_exit_code(kStartErrorCode);
    record.set_reason(kStartError);
    record.set_message(std::string(Message(why)));
    return true;
  };
  RETURN_IF_ERROR(UpdateContainer(container, false, failed, EventKind::kStopped));
  SaveCopy(container);
  return why;
}

// Also from the `exited` event, which may overtake the reply of Start; STARTED is published once.
void Manager::MarkStarted(Container& container, int32_t pid, int64_t started_at) {
  reaper_->TakeExitCode(pid);  // of whoever had this number before
  UpdateContainer(
      container, false,
      [&](ContainerRecord& record) {
        if (record.started_at() != 0) return false;
        record.set_pid(pid);
        record.set_started_at(started_at);
        return true;
      },
      EventKind::kStarted)
      .IgnoreError();
}

// The end of a start that nobody waits for any more. Does not wait.
void Manager::KillStray(ShimClient& client, const std::string& container_id) {
  shim::ToShim request;
  request.mutable_stop()->set_container_id(container_id);
  client.CallAsync(std::move(request), {}, [](const StatusOr<shim::FromShim>&) {});
}

// The daemon before this one had it started, and died before it could say so: that start was this one.
Status Manager::AdoptStart(Container& container, ShimClient& client) {
  ASSIGN_OR_RETURN(const shim::HelloReply reply, client.Hello(After(kStartDeadline)));
  for (const shim::ContainerReport& report : reply.containers()) {
    if (report.id() != container.id) continue;
    MarkStarted(container, report.pid(), report.started_at());
    if (report.exited()) MarkExited(container, report);
    if (report.reason() == kStartError) return absl::UnknownError(report.message());
    log::info("container {} was started for the daemon before this one", container.id);
    return absl::OkStatus();
  }
  return absl::UnavailableError(Concat("the shim of container ", container.id, " has just let go of it; try again"));
}

Status Manager::StartContainer(const std::string& id) {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(id));
  absl::MutexLock operation(&container->operation);
  ContainerView view = container->view();
  if (view->state() != ContainerState::kCreated) {
    return absl::FailedPreconditionError(
        Concat("container ", container->id, " was started before; a container runs once, create a new one"));
  }
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(container->pod_id));
  std::shared_ptr<ShimClient> client = pod->shim();
  if (!pod->view()->ready() || client == nullptr) {
    return FailStart(*container, absl::FailedPreconditionError(
                                     Concat("pod sandbox ", pod->id, " is not ready; run a new one")));
  }
  StatusOr<LaunchPlan> plan = FinalPlan(view->record);
  if (!plan.ok()) return FailStart(*container, plan.status());
  // Kept for ExecSync: the account that was found. Persisted together with the start.
  RETURN_IF_ERROR(UpdateContainer(*container, true, [&](ContainerRecord& record) {
    *record.mutable_plan() = *plan;
    record.mutable_plan()->mutable_user()->clear_password();  // for the shim alone
    return true;
  }));
  SaveCopy(*container);  // execs run as that account, also when the database is lost
  StatusOr<shim::StartReply> started = client->Start(*plan, After(kStartDeadline));
  if (absl::IsAlreadyExists(started.status())) return AdoptStart(*container, *client);
  if (!started.ok()) {
    // A shim that did not answer may still start it: what it has made is killed by name, what it makes later by
    // the request that stands behind this one.
    if (absl::IsDeadlineExceeded(started.status()) || absl::IsUnavailable(started.status())) {
      KillJob(Concat(pod->view()->record.job_name(), "/", container->id), std::chrono::seconds(2));
      KillStray(*client, container->id);
    }
    return FailStart(*container, started.status());
  }
  MarkStarted(*container, started->pid(), started->started_at());
  // The shim answered and died: whoever mourned it saw a container that had not been started.
  if (!client->connected()) LoseContainers(*pod);
  return absl::OkStatus();
}

Status Manager::ReopenLog(const std::string& id) {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(id));
  if (container->view()->state() != ContainerState::kRunning) {
    return absl::FailedPreconditionError(
        Concat("container ", container->id, " is not running; its log is closed"));
  }
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(container->pod_id));
  std::shared_ptr<ShimClient> client = pod->shim();
  if (client == nullptr) return absl::UnavailableError(Concat("pod sandbox ", pod->id, " has no shim"));
  return client->ReopenLog(container->id, After(std::chrono::seconds(5)));
}

StatusOr<std::vector<std::string>> Manager::UpdateLimits(const std::string& id, const Limits& limits) {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(id));
  // Neither started nor removed meanwhile.
  absl::MutexLock operation(&container->operation);
  RETURN_IF_ERROR(GetContainer(container->id).status());
  ContainerState state = container->view()->state();
  if (state == ContainerState::kExited) {
    return absl::FailedPreconditionError(
        Concat("container ", container->id, " has exited; it has no limits to update"));
  }
  std::vector<std::string> skipped;
  if (state != ContainerState::kCreated) {
    ASSIGN_OR_RETURN(std::unique_ptr<Job> job, OpenJob(*container));
    ASSIGN_OR_RETURN(skipped, job->UpdateLimits(limits));
  }
  RETURN_IF_ERROR(UpdateContainer(*container, true, [&](ContainerRecord& record) {
    MergeLimits(limits, *record.mutable_limits());
    return true;
  }));
  SaveCopy(*container);
  return skipped;
}

}  // namespace jobpod
