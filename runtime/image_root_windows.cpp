// Windows cannot make an image a container's root, nor shut it in: whoever asks for that is refused.
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

Status Refusal() {
  return absl::InvalidArgumentError(
      "Windows runs HostProcess containers alone: nothing can make an image the container's root, or give it process and "
      "IPC namespaces, capabilities or seccomp; set windows.security_context.host_process");
}

}  // namespace

Status Manager::CheckPod(const PodSpec& spec) const {
  const bool shut_in = spec.layout() == "image-root" || spec.pid() != NAMESPACE_HOST || spec.ipc() != NAMESPACE_HOST;
  return shut_in ? Refusal() : absl::OkStatus();
}

// CheckPod lets none of these pods in, so they have no files.
Status Manager::WritePodFiles(const PodRecord&) const {
  return absl::OkStatus();
}

StatusOr<MountList> Manager::PrepareImageRoot(const PodRecord&, const ContainerSpec&, VolumesRequest) {
  return Refusal();
}

Status Manager::IsolateImageRoot(const PodSpec&, const ContainerSpec&, LaunchPlan&) {
  return Refusal();
}

}  // namespace jobpod
