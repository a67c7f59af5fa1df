// Exec and Attach: check what is asked for and answer with a URL; the work begins when a client comes to it.
#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {
namespace {

// ExecRequest and AttachRequest differ in the command alone.
template <typename Request>
StatusOr<StdioRequest> StdioOf(const Request& request) {
  if (request.tty() && request.stderr()) {
    return absl::InvalidArgumentError("tty and stderr are both set; a terminal has one output, unset stderr");
  }
  if (!request.stdin() && !request.stdout() && !request.stderr())
    return absl::InvalidArgumentError("none of stdin, stdout and stderr is set; set at least one");
  return StdioRequest{request.stdin(), request.stdout(), request.stderr(), request.tty()};
}

template <typename Request>
StatusOr<ContainerView> RunningContainer(const Rooms& rooms, Call& call, const Request& request) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  if (container->state() != ContainerState::kRunning)
    return absl::FailedPreconditionError(Concat("container ", container->record.id(), " is not running"));
  return container;
}

}  // namespace

Status Exec(const Rooms& rooms, Call& call, const cri::ExecRequest& request, cri::ExecResponse* response) {
  if (request.cmd_size() == 0) return absl::InvalidArgumentError("cmd is empty; give the command to run");
  for (const auto& word : request.cmd()) RETURN_IF_ERROR(CheckText(word, "cmd"));
  ASSIGN_OR_RETURN(const StdioRequest stdio, StdioOf(request));
  ASSIGN_OR_RETURN(const ContainerView container, RunningContainer(rooms, call, request));
  const std::string& id = container->record.id();
  const std::vector<std::string> command(request.cmd().begin(), request.cmd().end());
  auto open = [&pods = rooms.pods, id, command](const StdioRequest& streams,
                                                boost::asio::any_io_executor executor, StdioEnd end) {
    return pods.ExecStream(id, command, streams, std::move(executor), std::move(end));
  };
  ASSIGN_OR_RETURN(*response->mutable_url(),
                   rooms.streaming.Offer({.kind = streaming::Kind::kExec, .stdio = stdio, .open = open}));
  return absl::OkStatus();
}

Status Attach(const Rooms& rooms, Call& call, const cri::AttachRequest& request,
              cri::AttachResponse* response) {
  ASSIGN_OR_RETURN(const StdioRequest stdio, StdioOf(request));
  ASSIGN_OR_RETURN(const ContainerView container, RunningContainer(rooms, call, request));
  const std::string& id = container->record.id();
  if (request.tty() && !container->record.plan().stdio().tty()) {
    return absl::InvalidArgumentError(Concat("container ", id, " has no terminal; unset tty"));
  }
  auto open = [&pods = rooms.pods, id](const StdioRequest& streams, boost::asio::any_io_executor executor,
                                       StdioEnd end) {
    return pods.AttachStream(id, streams, std::move(executor), std::move(end));
  };
  ASSIGN_OR_RETURN(*response->mutable_url(),
                   rooms.streaming.Offer({.kind = streaming::Kind::kAttach, .stdio = stdio, .open = open}));
  return absl::OkStatus();
}

}  // namespace jobpod::handle
