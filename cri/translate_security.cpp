// What an image-root container asks of the kernel.
#include <filesystem>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

using Profile = SeccompProfile;

Status CheckPaths(const google::protobuf::RepeatedPtrField<std::string>& paths, const char* field) {
  for (const std::string& path : paths) {
    RETURN_IF_ERROR(CheckText(path, field));
    if (!path.empty() && path[0] == '/') continue;
    return absl::InvalidArgumentError(Concat(field, ": \"", path, "\" is not absolute"));
  }
  return absl::OkStatus();
}

StatusOr<Profile> LocalProfile(const std::string& path) {
  RETURN_IF_ERROR(CheckText(path, "linux.security_context.seccomp"));
  if (!std::filesystem::path(path).has_root_directory()) {
    return absl::InvalidArgumentError(Concat("linux.security_context.seccomp.localhost_ref \"", path,
                                             "\" must be the absolute path of a profile on this node"));
  }
  Profile profile;
  profile.set_kind(Profile::LOCALHOST);
  profile.set_path(path);
  return profile;
}

// The field of old times, used when the new one is not there.
StatusOr<Profile> OldProfile(const std::string& text) {
  constexpr std::string_view kLocal = "localhost/";
  Profile profile;
  if (text.empty() || text == "unconfined") return profile;
  if (text.starts_with(kLocal)) return LocalProfile(text.substr(kLocal.size()));
  if (text != "runtime/default" && text != "docker/default") {
    return absl::InvalidArgumentError(
        Concat("linux.security_context.seccomp_profile_path \"", text, "\" is not known"));
  }
  profile.set_kind(Profile::RUNTIME_DEFAULT);
  return profile;
}

StatusOr<Profile> TranslateSeccomp(const cri::LinuxContainerSecurityContext& security) {
  Profile profile;
  if (security.privileged()) return profile;
  if (!security.has_seccomp()) return OldProfile(security.seccomp_profile_path());
  switch (security.seccomp().profile_type()) {
    case cri::SecurityProfile::RuntimeDefault:
      profile.set_kind(Profile::RUNTIME_DEFAULT);
      return profile;
    case cri::SecurityProfile::Localhost:
      return LocalProfile(security.seccomp().localhost_ref());
    default:
      return profile;
  }
}

// The pod's namespace, as far as the pod has one of its own: else that of the host it shares, or one for the
// container alone.
NamespaceScope Within(NamespaceScope asked, NamespaceScope pod) {
  return asked == NAMESPACE_POD ? pod : asked;
}

Status SetDevices(const cri::ContainerConfig& config, SecuritySpec& spec) {
  for (const auto& device : config.devices()) {
    RETURN_IF_ERROR(CheckText(device.container_path(), "config.devices.container_path"));
    RETURN_IF_ERROR(CheckText(device.host_path(), "config.devices.host_path"));
    const std::string& path = device.container_path().empty() ? device.host_path() : device.container_path();
    if (device.host_path().empty() || device.host_path()[0] != '/' || path[0] != '/') {
      return absl::InvalidArgumentError(Concat("config.devices: host_path \"", device.host_path(),
                                               "\" and container_path \"", device.container_path(),
                                               "\" must be absolute"));
    }
    auto* node = spec.add_devices();
    node->set_host_path(device.host_path());
    node->set_path(path);
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<SecuritySpec> TranslateSecurity(const cri::ContainerConfig& config, const PodSpec& pod) {
  const auto& security = config.linux().security_context();
  const auto& options = security.namespace_options();
  SecuritySpec spec;
  spec.set_privileged(security.privileged());
  spec.set_readonly_rootfs(security.readonly_rootfs());
  *spec.mutable_add_capabilities() = security.capabilities().add_capabilities();
  *spec.mutable_drop_capabilities() = security.capabilities().drop_capabilities();
  *spec.mutable_ambient_capabilities() = security.capabilities().add_ambient_capabilities();
  ASSIGN_OR_RETURN(*spec.mutable_seccomp(), TranslateSeccomp(security));
  spec.set_pid(Within(ScopeOf(options.pid()), pod.pid()));
  spec.set_pid_target(options.target_id());
  spec.set_ipc(Within(ScopeOf(options.ipc()), pod.ipc()));
  RETURN_IF_ERROR(SetDevices(config, spec));
  if (security.privileged()) return spec;
  RETURN_IF_ERROR(CheckPaths(security.masked_paths(), "linux.security_context.masked_paths"));
  RETURN_IF_ERROR(CheckPaths(security.readonly_paths(), "linux.security_context.readonly_paths"));
  *spec.mutable_masked_paths() = security.masked_paths();
  *spec.mutable_readonly_paths() = security.readonly_paths();
  return spec;
}

}  // namespace jobpod
