// Execs: their descriptors in, how they ended out.
#include "runtime/shim/control_socket.hpp"
#include "runtime/shim/server.hpp"

namespace jobpod::shim {
namespace {

constexpr std::chrono::seconds kHangUpGrace{1};  // for what a terminal's hang-up makes programs do

struct Streams {
  Fd standard[3];
  Fd control;

  SpawnHandles Handles() const {
    SpawnHandles handles;
    handles.standard_input = standard[0].get();
    handles.standard_output = standard[1].get();
    handles.standard_error = standard[2].get();
    return handles;
  }
};

StatusOr<Streams> TakeStreams(Connection& connection, const Exec& exec) {
  const bool asked[] = {exec.has_stdin(), exec.has_stdout(), exec.has_stderr(), exec.streamed()};
  Streams streams;
  Fd* const places[] = {&streams.standard[0], &streams.standard[1], &streams.standard[2], &streams.control};
  for (int i = 0; i < 4; ++i) {
    if (!asked[i]) continue;
    *places[i] = connection.TakeHandle();
    if (!*places[i]) return absl::InvalidArgumentError("a descriptor is missing from the exec");
  }
  return streams;
}

}  // namespace

Status Server::RunExec(const ConnectionPointer& connection, const ToShim& request) {
  if (request.exec().streamed()) return RunStreamedExec(connection, request);
  ASSIGN_OR_RETURN(Streams streams, TakeStreams(*connection, request.exec()));
  auto key = std::make_pair(static_cast<const Connection*>(connection.get()), request.exec().plan().id());
  std::weak_ptr<Connection> weak = connection;
  auto done = [this, key, weak, id = request.id()](StatusOr<ExecReply> outcome) {
    execs_.erase(key);
    auto asker = weak.lock();
    if (asker == nullptr) return;
    if (!outcome.ok()) return asker->Fail(id, outcome.status());
    FromShim reply;
    reply.set_id(id);
    *reply.mutable_exec() = std::move(*outcome);
    asker->Send(reply);
  };
  RETURN_IF_ERROR(pod_->Exec(request.exec(), streams.Handles(), std::move(done)));
  execs_.insert(key);
  return absl::OkStatus();
}

Status Server::RunStreamedExec(const ConnectionPointer& connection, const ToShim& request) {
  ASSIGN_OR_RETURN(Streams streams, TakeStreams(*connection, request.exec()));
  SpawnHandles handles = streams.Handles();
  const bool terminal = request.exec().terminal();
  if (terminal) handles.console = streams.control.get();
  auto control = std::make_shared<ControlSocket>(io_, std::move(streams.control));
  auto done = [control](const StatusOr<ExecReply>& outcome) { control->End(outcome); };
  RETURN_IF_ERROR(pod_->Exec(request.exec(), handles, std::move(done)));
  control->Start([this, id = request.exec().plan().id(), terminal] {
    pod_->CancelExec(id, terminal ? kHangUpGrace : std::chrono::seconds(0));
  });
  FromShim reply;
  reply.set_id(request.id());
  connection->Send(reply);
  return absl::OkStatus();
}

}  // namespace jobpod::shim
