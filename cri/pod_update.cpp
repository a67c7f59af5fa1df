#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {

// Below a cgroup parent kubelet has already set the limits there (see LimitsOf in translate_pod.cpp).
Status UpdatePodSandboxResources(const Rooms& rooms, Call& call,
                                 const cri::UpdatePodSandboxResourcesRequest& request,
                                 cri::UpdatePodSandboxResourcesResponse*) {
  call.subject = request.pod_sandbox_id();
  ASSIGN_OR_RETURN(const PodView pod, ResolvePod(rooms, request.pod_sandbox_id()));
  ASSIGN_OR_RETURN(const Limits limits, TranslatePodLimits(request.resources(), request.overhead()));
  if (!pod->record.spec().cgroup_parent().empty()) return absl::OkStatus();
  return rooms.pods.UpdatePodLimits(pod->record.id(), limits);
}

}  // namespace jobpod::handle
