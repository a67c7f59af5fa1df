#include "cri/handlers.hpp"
#include "cri/resolve.hpp"

namespace jobpod::handle {
namespace {

Status CheckReady(PodManager& pods, const std::string& id) {
  ASSIGN_OR_RETURN(const PodView pod, pods.FindPod(id));
  if (pod->ready()) return absl::OkStatus();
  return absl::FailedPreconditionError(Concat("pod ", id, " is not ready"));
}

}  // namespace

// Clients name the ports again on each connection, and those are the ones that count.
Status PortForward(const Rooms& rooms, Call& call, const cri::PortForwardRequest& request,
                   cri::PortForwardResponse* response) {
  call.subject = request.pod_sandbox_id();
  for (const int32_t port : request.port()) {
    if (port < 1 || port > 65535)
      return absl::InvalidArgumentError(Concat("port is ", port, "; use 1 to 65535"));
  }
  ASSIGN_OR_RETURN(const PodView pod, ResolvePod(rooms, request.pod_sandbox_id()));
  const std::string id = pod->record.id();
  RETURN_IF_ERROR(CheckReady(rooms.pods, id));
  auto admit = [&pods = rooms.pods, id](uint16_t) { return CheckReady(pods, id); };
  ASSIGN_OR_RETURN(*response->mutable_url(),
                   rooms.streaming.Offer({.kind = streaming::Kind::kPortForward, .admit_port = admit}));
  return absl::OkStatus();
}

}  // namespace jobpod::handle
