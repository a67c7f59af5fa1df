#include "cri/handlers.hpp"
#include "cri/info.hpp"
#include "cri/resolve.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {

Status ContainerStatus(const Rooms& rooms, Call& call, const cri::ContainerStatusRequest& request,
                       cri::ContainerStatusResponse* response) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  *response->mutable_status() = StatusOf(*container, rooms.images);
  if (request.verbose()) (*response->mutable_info())["info"] = ContainerInfo(*container);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
