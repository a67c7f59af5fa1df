#include "cri/admission.hpp"
#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/translate.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {
namespace {

StatusOr<ImagePointer> ImageOf(const Rooms& rooms, const cri::ContainerConfig& config) {
  const std::string& name = config.image().image();
  if (name.empty()) return absl::InvalidArgumentError("config.image.image is empty; set it");
  ASSIGN_OR_RETURN(ImagePointer image, rooms.images.Find(name));
  if (image != nullptr) return image;
  return absl::NotFoundError(
      Concat("image ", name, " is not on this node; pull it first: crictl pull ", name));
}

// The container whose processes the new one shall see.
Status FindTarget(const Rooms& rooms, const PodSnapshot& pod, ContainerSpec& spec) {
  const std::string& id = spec.security().pid_target();
  ASSIGN_OR_RETURN(const ContainerView target, ResolveContainer(rooms, id));
  if (target->record.pod_id() != pod.record.id()) {
    return absl::InvalidArgumentError(
        Concat("linux.security_context.namespace_options.target_id: container ", id, " is of another pod"));
  }
  spec.mutable_security()->set_pid_target(target->record.id());
  return absl::OkStatus();
}

}  // namespace

// What the sandbox was made with counts, not the copy of it in the request.
Status CreateContainer(const Rooms& rooms, Call& call, const cri::CreateContainerRequest& request,
                       cri::CreateContainerResponse* response) {
  const auto& config = request.config();
  call.subject = Concat(config.metadata().name(), " in ", request.pod_sandbox_id());
  ASSIGN_OR_RETURN(const PodView pod, ResolvePod(rooms, request.pod_sandbox_id()));
  const auto pod_config = ConfigOf(pod->record);
  const bool image_root = pod->record.spec().layout() == kHandlerImageRoot;
  RETURN_IF_ERROR(image_root ? AdmitImageRootContainer(config) : AdmitContainer(pod_config, config));
  ASSIGN_OR_RETURN(const ImagePointer image, ImageOf(rooms, config));
  ASSIGN_OR_RETURN(ContainerSpec spec,
                   TranslateContainer(config, pod->record, pod_config, *image, rooms.images));
  if (spec.security().pid() == NAMESPACE_TARGET) RETURN_IF_ERROR(FindTarget(rooms, *pod, spec));
  ASSIGN_OR_RETURN(const std::string id, rooms.pods.CreateContainer(pod->record.id(), spec, call.stop));
  call.subject += Concat(" ", id);
  response->set_container_id(id);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
