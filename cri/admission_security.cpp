#include "cri/admission_security.hpp"

namespace jobpod {
namespace {

Status CheckUserNamespace(const cri::NamespaceOption& options) {
  if (!options.has_userns_options() || options.userns_options().mode() == cri::NODE) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "user namespaces are not available: set "
      "linux.security_context.namespace_options.userns_options.mode to NODE or leave it out (hostUsers: "
      "true)");
}

Status CheckProfile(const cri::SecurityProfile& profile, const char* field) {
  if (profile.profile_type() != cri::SecurityProfile::Localhost) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("linux.security_context.", field, ": the local profile \"",
                                           profile.localhost_ref(),
                                           "\" cannot be applied to a HostProcess pod; use Unconfined"));
}

Status CheckLocalProfile(const std::string& profile, const char* field) {
  if (profile.rfind("localhost/", 0) != 0) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("linux.security_context.", field, ": the profile \"", profile,
                                           "\" cannot be applied to a HostProcess pod; leave it out"));
}

// A profile of its own shuts a container in; RuntimeDefault is only asked for by routine.
Status CheckAppArmor(const cri::SecurityProfile& profile) {
  if (profile.profile_type() != cri::SecurityProfile::Localhost) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("linux.security_context.apparmor: AppArmor is not available, the "
             "profile \"",
             profile.localhost_ref(), "\" cannot be applied; use Unconfined"));
}

Status NoCredentialSpec(const std::string& spec) {
  if (spec.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "windows.security_context.credential_spec (gMSA) is not available on this system; leave it out");
}

// What no layout can give.
Status CheckEveryPod(const cri::PodSandboxConfig& config) {
  const auto& security = config.linux().security_context();
  RETURN_IF_ERROR(CheckUserNamespace(security.namespace_options()));
  RETURN_IF_ERROR(NoCredentialSpec(config.windows().security_context().credential_spec()));
  if (security.has_run_as_group() && !security.has_run_as_user()) {
    return absl::InvalidArgumentError("linux.security_context.run_as_group needs run_as_user beside it");
  }
  if (!config.linux().sysctls().empty()) {
    return absl::InvalidArgumentError(Concat("linux.sysctls: ", config.linux().sysctls().begin()->first,
                                             " would change the whole host; set it on the host instead"));
  }
  return absl::OkStatus();
}

Status RefuseMount(const cri::Mount& mount, const char* why, const char* prefix = "") {
  return absl::InvalidArgumentError(Concat(prefix, "mount ", mount.container_path(), ": ", why));
}

Status CheckMountOptions(const cri::Mount& mount) {
  if (mount.uidmappings_size() != 0 || mount.gidmappings_size() != 0) {
    return RefuseMount(mount, "uidMappings and gidMappings are not available; leave them out");
  }
  if (mount.mount_options_size() != 0)
    return RefuseMount(mount, "mount_options are not available; leave them out");
  return absl::OkStatus();
}

Status CheckMountSecurity(const cri::Mount& mount) {
  if (mount.recursive_read_only()) {  // kubelet knows this prefix
    return RefuseMount(mount, "recursive_read_only is not available; use readonly alone", "RROUnsupported: ");
  }
  return CheckMountOptions(mount);
}

// As CRI has it: recursive_read_only says more than readonly, and nothing may come in from outside.
Status CheckImageRootMount(const cri::Mount& mount) {
  if (mount.recursive_read_only() && !mount.readonly()) {
    return RefuseMount(mount, "recursive_read_only needs readonly beside it");
  }
  if (mount.recursive_read_only() && mount.propagation() != cri::PROPAGATION_PRIVATE) {
    return RefuseMount(mount, "recursive_read_only needs propagation PROPAGATION_PRIVATE");
  }
  return CheckMountOptions(mount);
}

Status CheckUserFields(const cri::LinuxContainerSecurityContext& security) {
  if (security.has_run_as_user() && !security.run_as_username().empty()) {
    return absl::InvalidArgumentError(
        "linux.security_context.run_as_user and run_as_username exclude each other; set one");
  }
  if (security.has_run_as_group() && !security.has_run_as_user() && security.run_as_username().empty()) {
    return absl::InvalidArgumentError(
        "linux.security_context.run_as_group needs run_as_user or run_as_username beside it");
  }
  return absl::OkStatus();
}

// What no layout can give.
Status CheckEveryContainer(const cri::ContainerConfig& config) {
  const auto& security = config.linux().security_context();
  RETURN_IF_ERROR(CheckUserFields(security));
  RETURN_IF_ERROR(CheckUserNamespace(security.namespace_options()));
  RETURN_IF_ERROR(NoCredentialSpec(config.windows().security_context().credential_spec()));
  if (config.cdi_devices_size() != 0) {
    return absl::InvalidArgumentError(Concat("CDI device ", config.cdi_devices(0).name(),
                                             " cannot be given in this version; leave CDI_devices out"));
  }
  return absl::OkStatus();
}

}  // namespace

Status CheckHostProcessSecurity(const cri::PodSandboxConfig& config) {
  const auto& security = config.linux().security_context();
  RETURN_IF_ERROR(CheckProfile(security.seccomp(), "seccomp"));
  RETURN_IF_ERROR(CheckProfile(security.apparmor(), "apparmor"));
  return CheckEveryPod(config);
}

Status CheckHostProcessSecurity(const cri::ContainerConfig& config) {
  const auto& security = config.linux().security_context();
  RETURN_IF_ERROR(CheckProfile(security.seccomp(), "seccomp"));
  RETURN_IF_ERROR(CheckProfile(security.apparmor(), "apparmor"));
  RETURN_IF_ERROR(CheckLocalProfile(security.seccomp_profile_path(), "seccomp_profile_path"));
  RETURN_IF_ERROR(CheckLocalProfile(security.apparmor_profile(), "apparmor_profile"));
  for (const auto& mount : config.mounts()) RETURN_IF_ERROR(CheckMountSecurity(mount));
  return CheckEveryContainer(config);
}

Status CheckImageRootSecurity(const cri::PodSandboxConfig& config) {
  RETURN_IF_ERROR(CheckAppArmor(config.linux().security_context().apparmor()));
  return CheckEveryPod(config);
}

Status CheckImageRootSecurity(const cri::ContainerConfig& config) {
  const auto& security = config.linux().security_context();
  RETURN_IF_ERROR(CheckAppArmor(security.apparmor()));
  if (security.apparmor_profile().rfind("localhost/", 0) == 0) {
    return absl::InvalidArgumentError(
        Concat("linux.security_context.apparmor_profile: AppArmor is not available, the profile \"",
               security.apparmor_profile(), "\" cannot be applied; leave it out"));
  }
  for (const auto& mount : config.mounts()) RETURN_IF_ERROR(CheckImageRootMount(mount));
  return CheckEveryContainer(config);
}

}  // namespace jobpod
