// ExecSync: the shim spawns and kills, this process reads the pipes.
#include "base/id.hpp"
#include "runtime/exec_output.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kShimSlack{5};  // beyond the exec's own time-out

constexpr std::chrono::seconds kKillBound{2};

}  // namespace

// Without the shim, which may hang; it finds out when it goes on.
void Manager::KillExec(const ContainerRecord& container, const std::string& exec_id) {
  StatusOr<PodPointer> pod = GetPod(container.pod_id());
  if (!pod.ok()) return;
  KillJob(Concat((*pod)->view()->record.job_name(), "/", container.id(), "/", exec_id), kKillBound);
}

StatusOr<ExecResult> Manager::ExecSync(const std::string& id, const std::vector<std::string>& command,
                                       std::chrono::milliseconds timeout, size_t output_limit,
                                       std::stop_token stop) {
  ASSIGN_OR_RETURN(Running running, FindRunning(id, 1));
  const ContainerRecord& record = running.view->record;
  const std::shared_ptr<ShimClient>& client = running.shim;
  shim::ToShim request;
  shim::Exec& exec = *request.mutable_exec();
  exec.set_container_id(record.id());
  ASSIGN_OR_RETURN(*exec.mutable_plan(), ComposeExecPlan(record.plan(), NewId().substr(0, 16), command));
  exec.set_timeout_ms(static_cast<uint32_t>(std::clamp<int64_t>(timeout.count(), 0, UINT32_MAX)));
  exec.set_has_stdout(true);
  exec.set_has_stderr(true);
  ASSIGN_OR_RETURN(const std::shared_ptr<ExecOutput> output, ExecOutput::Open());
  client->CallAsync(request, output->Theirs(),
                    [output](StatusOr<shim::FromShim> reply) { output->Answer(std::move(reply)); });
  output->CloseTheirs();
  std::string exec_id = exec.plan().id();
  std::stop_callback cancel(stop, [&] {
    client->CancelExec(exec_id);
    output->Answer(absl::CancelledError(""));  // nobody waits for a shim that hangs
  });
  ExecResult result;
  std::optional<Deadline> deadline;
  if (timeout.count() > 0) deadline = After(timeout + kShimSlack);
  const auto reply = output->Collect(result, output_limit, deadline);
  if (stop.stop_requested() || !reply) KillExec(record, exec_id);
  if (stop.stop_requested())
    return absl::CancelledError("the client went away; the command's processes were killed");
  if (!reply) {
    return absl::DeadlineExceededError(Concat("the shim of pod sandbox ", record.pod_id(),
                                              " does not answer; the command's processes were killed"));
  }
  RETURN_IF_ERROR(reply->status());
  const shim::ExecReply& done = (*reply)->exec();
  if (done.timed_out()) {
    return absl::DeadlineExceededError(Concat("command \"", command[0], "\" timed out after ",
                                              timeout.count() / 1000, " s and was killed with its children"));
  }
  result.exit_code = done.exit_code();
  return result;
}

}  // namespace jobpod
