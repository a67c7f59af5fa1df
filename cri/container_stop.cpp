#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {

Status StopContainer(const Rooms& rooms, Call& call, const cri::StopContainerRequest& request,
                     cri::StopContainerResponse*) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const auto timeout, Seconds(request.timeout(), "timeout"));
  ASSIGN_OR_RETURN(const ContainerView container, FindContainerIfAny(rooms, request.container_id()));
  return container == nullptr ? absl::OkStatus() : rooms.pods.StopContainer(container->record.id(), timeout);
}

Status RemoveContainer(const Rooms& rooms, Call& call, const cri::RemoveContainerRequest& request,
                       cri::RemoveContainerResponse*) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, FindContainerIfAny(rooms, request.container_id()));
  return container == nullptr ? absl::OkStatus() : rooms.pods.RemoveContainer(container->record.id());
}

}  // namespace jobpod::handle
