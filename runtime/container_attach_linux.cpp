// AttachStream: the shim makes the pipes and hands this process its ends over the control socket.
#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"
#include "runtime/manager.hpp"
#include "runtime/stdio_session_linux.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kAnswerDeadline{30};
constexpr uint32_t kAttachVersion = 3;

Status TakeOne(bool there, int control, Fd& end) {
  if (!there) return absl::OkStatus();
  ASSIGN_OR_RETURN(end, ReceiveHandle(control));
  return absl::OkStatus();
}

// What a client sends to a container that takes no input (any more) is read and dropped, so that its other
// streams go on.
StatusOr<Fd> Nowhere() {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  return std::move(pipe.write);
}

Status TakeEnds(const shim::AttachReply& reply, const StdioRequest& request, SessionEnds& ends) {
  const int control = ends.control.get();
  RETURN_IF_ERROR(TakeOne(reply.has_terminal(), control, ends.terminal));
  RETURN_IF_ERROR(TakeOne(reply.has_stdin(), control, ends.input));
  RETURN_IF_ERROR(TakeOne(reply.has_stdout(), control, ends.output));
  RETURN_IF_ERROR(TakeOne(reply.has_stderr(), control, ends.error));
  ends.input_end_lets_go = !reply.owns_stdin();
  if (!request.standard_input || ends.input) return absl::OkStatus();
  ASSIGN_OR_RETURN(ends.input, ends.terminal ? Duplicate(ends.terminal) : Nowhere());
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<StdioSession>> Manager::AttachStream(const std::string& id, const StdioRequest& request,
                                                              boost::asio::any_io_executor executor,
                                                              StdioEnd end) {
  ASSIGN_OR_RETURN(Running running, FindRunning(id, kAttachVersion));
  shim::ToShim message;
  shim::Attach& attach = *message.mutable_attach();
  attach.set_container_id(running.view->record.id());
  attach.set_has_stdin(request.standard_input);
  attach.set_has_stdout(request.standard_output);
  attach.set_has_stderr(request.standard_error);
  attach.set_terminal(request.terminal);
  ASSIGN_OR_RETURN(SocketPair control, MakeSocketPair());
  ASSIGN_OR_RETURN(shim::FromShim reply,
                   running.shim->Call(message, After(kAnswerDeadline), {control.theirs.get()}));
  SessionEnds ends;
  ends.control = std::move(control.ours);
  RETURN_IF_ERROR(TakeEnds(reply.attach(), request, ends));
  return MakeStdioSession(std::move(ends), executor, std::move(end));
}

}  // namespace jobpod
