// Execs: their descriptors in, how they ended out.
#include "runtime/shim/control_socket.hpp"
#include "runtime/shim/reply.hpp"
#include "runtime/shim/server.hpp"
#include "runtime/shim/stream_handles.hpp"
#include "runtime/shim/terminal.hpp"

namespace jobpod::shim {
namespace {

constexpr std::chrono::seconds kHangUpGrace{1};  // for what a terminal's hang-up makes programs do

}  // namespace

Status Server::RunExec(const ConnectionPointer& connection, const ToShim& request) {
  if (request.exec().streamed()) return RunStreamedExec(connection, request);
  ASSIGN_OR_RETURN(const ExecHandles handles, TakeExecHandles(*connection, request.exec()));
  auto key = std::make_pair(static_cast<const Connection*>(connection.get()), request.exec().plan().id());
  std::weak_ptr<Connection> weak = connection;
  auto done = [this, key, weak, id = request.id()](StatusOr<ExecReply> outcome) {
    execs_.erase(key);
    auto asker = weak.lock();
    if (asker == nullptr) return;
    FromShim reply = ReplyOf(outcome);
    reply.set_id(id);
    asker->Send(reply);
  };
  RETURN_IF_ERROR(pod_->Exec(request.exec(), handles.ForProcess(), std::move(done)));
  execs_.insert(key);
  return absl::OkStatus();
}

Status Server::RunStreamedExec(const ConnectionPointer& connection, const ToShim& request) {
  const shim::Exec& exec = request.exec();
  ASSIGN_OR_RETURN(ExecHandles handles, TakeExecHandles(*connection, exec));
  std::shared_ptr<Terminal> terminal;
  if (exec.terminal()) {
    ASSIGN_OR_RETURN(terminal,
                     Terminal::ForExec(std::move(handles.input), std::move(handles.output), handles.control));
  }
  SpawnHandles process = handles.ForProcess();
  if (terminal) process.console = terminal->console();
  auto control = std::make_shared<ControlSocket>(io_, std::move(handles.control));
  auto done = [control, terminal](const StatusOr<ExecReply>& outcome) {
    if (terminal) terminal->End();
    control->End(outcome);
  };
  RETURN_IF_ERROR(pod_->Exec(exec, process, std::move(done)));
  auto closed = [this, id = exec.plan().id(), terminal] {
    if (terminal) terminal->End();
    pod_->CancelExec(id, terminal ? kHangUpGrace : std::chrono::seconds(0));
  };
  auto resized = [terminal](uint16_t width, uint16_t height) {
    if (terminal) terminal->Resize(width, height);
  };
  control->Start({.closed = std::move(closed), .resized = std::move(resized)});
  FromShim reply;
  reply.set_id(request.id());
  connection->Send(reply);
  return absl::OkStatus();
}

}  // namespace jobpod::shim
