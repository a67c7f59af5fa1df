#include "cri/handlers.hpp"
#include "cri/resolve.hpp"

namespace jobpod::handle {

Status StartContainer(const Rooms& rooms, Call& call, const cri::StartContainerRequest& request,
                      cri::StartContainerResponse*) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  return rooms.pods.StartContainer(container->record.id());
}

}  // namespace jobpod::handle
