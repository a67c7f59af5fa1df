#include "cri/handlers.hpp"
#include "cri/resolve.hpp"

namespace jobpod::handle {

// Idempotent: kubelet stops and removes pods that are long gone.
Status StopPodSandbox(const Rooms& rooms, Call& call, const cri::StopPodSandboxRequest& request,
                      cri::StopPodSandboxResponse*) {
  call.subject = request.pod_sandbox_id();
  ASSIGN_OR_RETURN(const PodView pod, FindPodIfAny(rooms, request.pod_sandbox_id()));
  return pod == nullptr ? absl::OkStatus() : rooms.pods.StopPod(pod->record.id());
}

Status RemovePodSandbox(const Rooms& rooms, Call& call, const cri::RemovePodSandboxRequest& request,
                        cri::RemovePodSandboxResponse*) {
  call.subject = request.pod_sandbox_id();
  ASSIGN_OR_RETURN(const PodView pod, FindPodIfAny(rooms, request.pod_sandbox_id()));
  return pod == nullptr ? absl::OkStatus() : rooms.pods.RemovePod(pod->record.id());
}

}  // namespace jobpod::handle
