#include "cri/handlers.hpp"
#include "cri/resolve.hpp"

namespace jobpod::handle {

Status ReopenContainerLog(const Rooms& rooms, Call& call, const cri::ReopenContainerLogRequest& request,
                          cri::ReopenContainerLogResponse*) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  return rooms.pods.ReopenLog(container->record.id());
}

}  // namespace jobpod::handle
