// ExecStream: pipes and a control socket are made here and shared with the shim.
#include "base/id.hpp"
#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"
#include "runtime/stdio_session_linux.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kStartDeadline{30};
constexpr int kPipeSize = 1 << 20;  // fewer turns of the two processes for the same bytes
constexpr uint32_t kStreamingVersion = 2;

// Both sides of what a session needs; the shim gets copies of `theirs`.
struct Streams {
  SessionEnds ours;
  std::vector<Fd> theirs;

  std::vector<NativeHandle> Handles() const {
    std::vector<NativeHandle> handles;
    for (const Fd& end : theirs) handles.push_back(end.get());
    return handles;
  }
};

Status AddInput(Streams& streams) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
  streams.ours.input = std::move(pipe.write);
  streams.theirs.push_back(std::move(pipe.read));
  return absl::OkStatus();
}

Status AddOutput(Streams& streams, Fd& ours) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
  ours = std::move(pipe.read);
  streams.theirs.push_back(std::move(pipe.write));
  return absl::OkStatus();
}

// In the order of the shim's protocol. A terminal comes from the process.
StatusOr<Streams> OpenStreams(const StdioRequest& request) {
  Streams streams;
  const bool pipes = !request.terminal;
  if (pipes && request.standard_input) RETURN_IF_ERROR(AddInput(streams));
  if (pipes && request.standard_output) RETURN_IF_ERROR(AddOutput(streams, streams.ours.output));
  if (pipes && request.standard_error) RETURN_IF_ERROR(AddOutput(streams, streams.ours.error));
  ASSIGN_OR_RETURN(SocketPair control, MakeSocketPair());
  streams.ours.control = std::move(control.ours);
  streams.theirs.push_back(std::move(control.theirs));
  return streams;
}

Status TakeTerminal(const StdioRequest& request, SessionEnds& ends) {
  ASSIGN_OR_RETURN(ends.terminal, ReceiveHandle(ends.control.get()));
  if (request.standard_input) {
    ASSIGN_OR_RETURN(ends.input, Duplicate(ends.terminal));
  }
  if (request.standard_output) {
    ASSIGN_OR_RETURN(ends.output, Duplicate(ends.terminal));
  }
  return absl::OkStatus();
}

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
  exec.set_has_stdin(request.standard_input && !request.terminal);
  exec.set_has_stdout(request.standard_output && !request.terminal);
  exec.set_has_stderr(request.standard_error && !request.terminal);
  exec.set_streamed(true);
  exec.set_terminal(request.terminal);
  ASSIGN_OR_RETURN(Streams streams, OpenStreams(request));
  RETURN_IF_ERROR(running.shim->Call(message, After(kStartDeadline), streams.Handles()).status());
  if (request.terminal) RETURN_IF_ERROR(TakeTerminal(request, streams.ours));
  return MakeStdioSession(std::move(streams.ours), executor, std::move(end));
}

}  // namespace jobpod
