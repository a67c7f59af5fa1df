#include "base/clock.hpp"
#include "cri/handlers.hpp"
#include "cri/info.hpp"
#include "cri/resolve.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {

Status PodSandboxStatus(const Rooms& rooms, Call& call, const cri::PodSandboxStatusRequest& request,
                        cri::PodSandboxStatusResponse* response) {
  call.subject = request.pod_sandbox_id();
  ASSIGN_OR_RETURN(const PodView pod, ResolvePod(rooms, request.pod_sandbox_id()));
  response->set_timestamp(NowUnixNanos());
  *response->mutable_status() = StatusOf(*pod, rooms.host_identity());
  for (const auto& container : rooms.pods.ContainersOf(pod->record.id())) {
    *response->add_containers_statuses() = StatusOf(*container, rooms.images);
  }
  if (request.verbose()) (*response->mutable_info())["info"] = PodInfo(*pod);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
