#include "base/log.hpp"
#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {

Status UpdateContainerResources(const Rooms& rooms, Call& call,
                                const cri::UpdateContainerResourcesRequest& request,
                                cri::UpdateContainerResourcesResponse*) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  ASSIGN_OR_RETURN(Limits limits, TranslateWindowsLimits(request.windows()));
  ASSIGN_OR_RETURN(const Limits on_top, TranslateLinuxLimits(request.linux()));
  limits.MergeFrom(on_top);
  const std::string& id = container->record.id();
  ASSIGN_OR_RETURN(const auto missing, rooms.pods.UpdateLimits(id, limits));
  for (const auto& sentence : missing) log::warn("container {}: not updated: {}", id, sentence);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
