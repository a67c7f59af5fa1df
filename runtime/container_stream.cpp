// ExecStream and AttachStream: pipes and a control socket are shared with the shim.
#include "base/id.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"
#include "runtime/session_streams.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kAnswerDeadline{30};
constexpr uint32_t kStreamingVersion = 2, kAttachVersion = 3;

}  // namespace

StatusOr<Manager::Running> Manager::FindRunning(const std::string& id, uint32_t shim_version) const {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(id));
  ContainerView view = container->view();
  if (view->state() != ContainerState::kRunning) {
    return absl::FailedPreconditionError(
        Concat("container ", container->id, " is not running; start it first"));
  }
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(container->pod_id));
  std::shared_ptr<ShimClient> shim = pod->shim();
  if (shim == nullptr) return absl::UnavailableError(Concat("pod sandbox ", pod->id, " has no shim"));
  if (shim->protocol_version() < shim_version) {
    return absl::UnimplementedError(
        Concat("pod sandbox ", pod->id, " was made by an older Jobpod that could not do this; run a new one"));
  }
  return Running{std::move(view), std::move(shim)};
}

StatusOr<std::unique_ptr<StdioSession>> Manager::ExecStream(const std::string& id,
                                                            const std::vector<std::string>& command,
                                                            const StdioRequest& request,
                                                            boost::asio::any_io_executor executor,
                                                            StdioEnd end) {
  ASSIGN_OR_RETURN(Running running, FindRunning(id, kStreamingVersion));
  const ContainerRecord& record = running.view->record;
  shim::ToShim message;
  shim::Exec& exec = *message.mutable_exec();
  exec.set_container_id(record.id());
  ASSIGN_OR_RETURN(*exec.mutable_plan(),
                   ComposeExecPlan(record.plan(), NewId().substr(0, 16), command, request.terminal));
  exec.set_streamed(true);
  ASSIGN_OR_RETURN(auto streams, SessionStreams::ForExec(request, exec));
  const Status started = running.shim->Call(message, After(kAnswerDeadline), streams->Theirs()).status();
  // Nobody will hear of what the shim may have started, or starts when it goes on.
  if (absl::IsDeadlineExceeded(started) || absl::IsUnavailable(started)) KillExec(record, exec.plan().id());
  RETURN_IF_ERROR(started);
  RETURN_IF_ERROR(streams->TakeTerminal());
  return streams->Begin(executor, std::move(end));
}

StatusOr<std::unique_ptr<StdioSession>> Manager::AttachStream(const std::string& id, const StdioRequest& request,
                                                              boost::asio::any_io_executor executor,
                                                              StdioEnd end) {
  ASSIGN_OR_RETURN(Running running, FindRunning(id, kAttachVersion));
  shim::ToShim message;
  shim::Attach& attach = *message.mutable_attach();
  attach.set_container_id(running.view->record.id());
  attach.set_has_stdin(request.standard_input);
  attach.set_has_stdout(request.standard_output);
  attach.set_has_stderr(request.standard_error && !request.terminal);
  attach.set_terminal(request.terminal);
  ASSIGN_OR_RETURN(auto streams, SessionStreams::ForAttach(request));
  ASSIGN_OR_RETURN(shim::FromShim reply, running.shim->Call(message, After(kAnswerDeadline), streams->Theirs()));
  RETURN_IF_ERROR(streams->TakeEnds(reply.attach()));
  return streams->Begin(executor, std::move(end));
}

}  // namespace jobpod
