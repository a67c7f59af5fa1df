#include <filesystem>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

namespace fs = std::filesystem;

Status CheckTexts(const cri::ContainerConfig& config) {
  for (const auto& word : config.command()) RETURN_IF_ERROR(CheckText(word, "config.command"));
  for (const auto& word : config.args()) RETURN_IF_ERROR(CheckText(word, "config.args"));
  return CheckText(config.working_dir(), "config.working_dir");
}

Status SetEnvironment(const cri::ContainerConfig& config, ContainerSpec& spec) {
  for (const auto& variable : config.envs()) {
    if (variable.key().empty() || variable.key().find('=') != std::string::npos) {
      return absl::InvalidArgumentError(Concat("config.envs: \"", variable.key(),
                                               "\" is no variable name; it must not be empty or contain ="));
    }
    spec.add_environment(Concat(variable.key(), "=", variable.value()));
    RETURN_IF_ERROR(CheckText(spec.environment(spec.environment_size() - 1), "config.envs"));
  }
  return absl::OkStatus();
}

// The path stays below the pod's log directory.
StatusOr<std::string> LogPath(const cri::ContainerConfig& config, const PodRecord& pod) {
  const fs::path path = config.log_path();
  RETURN_IF_ERROR(CheckText(config.log_path(), "config.log_path"));
  bool stays = !path.has_root_path();
  for (const auto& part : path) stays = stays && part != "..";
  if (!stays) {
    return absl::InvalidArgumentError(Concat("config.log_path \"", config.log_path(),
                                             "\" must be relative to the pod's log_directory, without .."));
  }
  return pod.spec().log_directory().empty() ? "" : config.log_path();
}

Propagation Translate(cri::MountPropagation propagation) {
  switch (propagation) {
    case cri::PROPAGATION_HOST_TO_CONTAINER:
      return PROPAGATION_SLAVE;
    case cri::PROPAGATION_BIDIRECTIONAL:
      return PROPAGATION_SHARED;
    default:
      return PROPAGATION_PRIVATE;
  }
}

// Kubelet knows the prefix.
Status ImageVolumeError(const cri::Mount& mount, absl::StatusCode kind, std::string_view why) {
  return Status(kind, Concat("ImageVolumeMountFailed: image volume ", mount.container_path(), ": ", why));
}

StatusOr<std::string> ImageOfVolume(const cri::Mount& mount, const Images& images) {
  using absl::StatusCode;
  const std::string& name = mount.image().image();
  if (!mount.host_path().empty()) {
    return ImageVolumeError(mount, StatusCode::kInvalidArgument, "host_path and image exclude each other");
  }
  if (!mount.readonly()) return ImageVolumeError(mount, StatusCode::kInvalidArgument, "readonly must be set");
  ASSIGN_OR_RETURN(const ImagePointer image, images.Find(name));
  if (image != nullptr) return image->id;
  return ImageVolumeError(mount, StatusCode::kNotFound,
                          Concat("image ", name, " is not on this node; pull it first: crictl pull ", name));
}

Status AddVolume(const cri::Mount& mount, const Images& images, ContainerSpec& spec) {
  RETURN_IF_ERROR(CheckText(mount.container_path(), "config.mounts.container_path"));
  RETURN_IF_ERROR(CheckText(mount.host_path(), "config.mounts.host_path"));
  RETURN_IF_ERROR(CheckText(mount.image_sub_path(), "config.mounts.image_sub_path"));
  auto* volume = spec.add_volumes();
  if (!mount.image().image().empty()) {
    ASSIGN_OR_RETURN(*volume->mutable_image_id(), ImageOfVolume(mount, images));
  } else if (mount.host_path().empty()) {
    return absl::InvalidArgumentError(
        Concat("mount ", mount.container_path(), ": host_path is empty; set it or image"));
  }
  volume->set_host_path(mount.host_path());
  volume->set_image_sub_path(mount.image_sub_path());
  volume->set_container_path(mount.container_path());
  volume->set_readonly(mount.readonly());
  volume->set_recursive_readonly(mount.recursive_read_only());
  volume->set_propagation(Translate(mount.propagation()));
  return absl::OkStatus();
}

// A HostProcess container has the host's device nodes; only one wanted elsewhere needs a mount.
Status AddDevice(const cri::Device& device, ContainerSpec& spec) {
  RETURN_IF_ERROR(CheckText(device.container_path(), "config.devices.container_path"));
  RETURN_IF_ERROR(CheckText(device.host_path(), "config.devices.host_path"));
  if (device.host_path().empty())
    return absl::InvalidArgumentError("config.devices: host_path is empty; set it");
  if (device.container_path().empty() || device.container_path() == device.host_path())
    return absl::OkStatus();
  auto* volume = spec.add_volumes();
  volume->set_host_path(device.host_path());
  volume->set_container_path(device.container_path());
  return absl::OkStatus();
}

Status CheckId(const char* field, int64_t id) {
  constexpr int64_t kMaxId = 4'294'967'294;  // the largest means "none" to the kernel
  if (id >= 0 && id <= kMaxId) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("linux.security_context.", field, " is ", id, "; allowed: 0 to ", kMaxId));
}

std::string UserName(const cri::ContainerConfig& config, const cri::PodSandboxConfig& pod) {
  const std::string& linux_name = config.linux().security_context().run_as_username();
  if (!linux_name.empty()) return linux_name;
  const std::string& windows_name = config.windows().security_context().run_as_username();
  return windows_name.empty() ? pod.windows().security_context().run_as_username() : windows_name;
}

Status SetUser(const cri::ContainerConfig& config, const cri::PodSandboxConfig& pod, UserSpec& user) {
  const auto& security = config.linux().security_context();
  if (security.has_run_as_user()) {
    RETURN_IF_ERROR(CheckId("run_as_user", security.run_as_user().value()));
    user.set_uid(security.run_as_user().value());
  } else {
    user.set_name(UserName(config, pod));
    RETURN_IF_ERROR(CheckText(user.name(), "run_as_username"));
  }
  if (security.has_run_as_group()) {
    RETURN_IF_ERROR(CheckId("run_as_group", security.run_as_group().value()));
    user.set_gid(security.run_as_group().value());
  }
  for (const int64_t group : security.supplemental_groups()) {
    RETURN_IF_ERROR(CheckId("supplemental_groups", group));
    user.add_groups(group);
  }
  user.set_strict_groups(security.supplemental_groups_policy() == cri::Strict);
  return absl::OkStatus();
}

// A request carries one of the two; should it carry both, the Linux one is on top.
Status SetLimits(const cri::ContainerConfig& config, ContainerSpec& spec) {
  const auto& resources = config.linux().resources();
  ASSIGN_OR_RETURN(*spec.mutable_limits(), TranslateWindowsLimits(config.windows().resources()));
  ASSIGN_OR_RETURN(const Limits limits, TranslateLinuxLimits(resources));
  spec.mutable_limits()->MergeFrom(limits);
  // Always: without a word it would be the daemon's, which the kernel is to spare.
  spec.set_oom_score_adj(static_cast<int32_t>(resources.oom_score_adj()));
  return absl::OkStatus();
}

void SetPlain(const cri::ContainerConfig& config, ContainerSpec& spec) {
  spec.set_name(config.metadata().name());
  spec.set_attempt(config.metadata().attempt());
  *spec.mutable_command() = config.command();
  *spec.mutable_args() = config.args();
  spec.set_working_directory(config.working_dir());
  spec.set_stdin(config.stdin());
  spec.set_stdin_once(config.stdin_once());
  spec.set_tty(config.tty());
  spec.set_stop_signal(SignalNumber(config.stop_signal()));
  spec.set_no_new_privileges(config.linux().security_context().no_new_privs());
  spec.mutable_labels()->insert(config.labels().begin(), config.labels().end());
  spec.mutable_annotations()->insert(config.annotations().begin(), config.annotations().end());
  spec.set_request(config.SerializeAsString());
}

}  // namespace

StatusOr<ContainerSpec> TranslateContainer(const cri::ContainerConfig& config, const PodRecord& pod,
                                           const cri::PodSandboxConfig& pod_config, const Image& image,
                                           const Images& images) {
  RETURN_IF_ERROR(CheckName(config.metadata().name(), "config.metadata.name"));
  RETURN_IF_ERROR(CheckTexts(config));
  ContainerSpec spec;
  SetPlain(config, spec);
  RETURN_IF_ERROR(SetEnvironment(config, spec));
  RETURN_IF_ERROR(SetUser(config, pod_config, *spec.mutable_user()));
  RETURN_IF_ERROR(SetLimits(config, spec));
  ASSIGN_OR_RETURN(*spec.mutable_log_path(), LogPath(config, pod));
  for (const auto& mount : config.mounts()) RETURN_IF_ERROR(AddVolume(mount, images, spec));
  if (pod.spec().layout() == "image-root") {
    ASSIGN_OR_RETURN(*spec.mutable_security(), TranslateSecurity(config, pod.spec()));
  } else {
    for (const auto& device : config.devices()) RETURN_IF_ERROR(AddDevice(device, spec));
  }
  spec.set_image_id(image.id);
  spec.set_image_reference(image.repo_digests.empty() ? image.id : image.repo_digests.front());
  return spec;
}

}  // namespace jobpod
