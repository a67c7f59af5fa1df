#include "cri/admission.hpp"

namespace jobpod {
namespace {

using Notes = std::vector<std::string>;

void NoteProfile(const cri::SecurityProfile& profile, bool given, const char* field, Notes& notes) {
  if (!given || profile.profile_type() != cri::SecurityProfile::RuntimeDefault) return;
  notes.push_back(Concat(field, " RuntimeDefault is not applied to HostProcess containers"));
}

void NoteIf(bool asked, const char* text, Notes& notes) {
  if (asked) notes.emplace_back(text);
}

bool Asked(const cri::SELinuxOption& option) {
  return !option.user().empty() || !option.role().empty() || !option.type().empty() ||
         !option.level().empty();
}

void NoteDevices(const cri::ContainerConfig& config, Notes& notes) {
  for (const auto& device : config.devices()) {
    notes.push_back(Concat("device ", device.host_path(), ": permissions \"", device.permissions(),
                           "\" are not enforced, the host's apply"));
  }
}

}  // namespace

Notes NotApplied(const cri::PodSandboxConfig& pod) {
  Notes notes;
  const auto& security = pod.linux().security_context();
  const auto& namespaces = security.namespace_options();
  NoteProfile(security.seccomp(), security.has_seccomp(), "seccomp", notes);
  NoteProfile(security.apparmor(), security.has_apparmor(), "apparmor", notes);
  NoteIf(Asked(security.selinux_options()), "selinux_options are not applied to HostProcess pods", notes);
  NoteIf(security.readonly_rootfs(), "readonly_rootfs is not applied to HostProcess pods", notes);
  NoteIf(pod.has_linux() && namespaces.network() != cri::NODE,
         "network: a HostProcess pod has the host's network", notes);
  NoteIf(!pod.hostname().empty(), "hostname: a HostProcess pod has the host's name", notes);
  NoteIf(pod.has_dns_config(), "dns_config: a HostProcess pod uses the host's resolver", notes);
  NoteIf(!pod.linux().cgroup_parent().empty() && pod.linux().has_resources(),
         "linux.resources: the limits of the cgroup parent are in force instead", notes);
  return notes;
}

Notes NotApplied(const cri::ContainerConfig& container) {
  Notes notes;
  const auto& security = container.linux().security_context();
  NoteProfile(security.seccomp(), security.has_seccomp(), "seccomp", notes);
  NoteProfile(security.apparmor(), security.has_apparmor(), "apparmor", notes);
  NoteIf(Asked(security.selinux_options()), "selinux_options are not applied to HostProcess containers",
         notes);
  NoteIf(security.readonly_rootfs(), "readonly_rootfs is not applied to HostProcess containers", notes);
  NoteIf(security.masked_paths_size() != 0, "masked_paths are not applied to HostProcess containers", notes);
  NoteIf(security.readonly_paths_size() != 0, "readonly_paths are not applied to HostProcess containers",
         notes);
  NoteIf(security.has_capabilities(), "capabilities are not changed for HostProcess containers", notes);
  NoteIf(container.windows().resources().rootfs_size_in_bytes() != 0,
         "rootfs_size_in_bytes is not applied: the rootfs is a plain directory", notes);
  for (const auto& mount : container.mounts()) {
    if (mount.selinux_relabel()) {
      notes.push_back(Concat("mount ", mount.container_path(), ": selinux_relabel is not applied"));
    }
  }
  NoteDevices(container, notes);
  return notes;
}

Notes NotAppliedInImageRoot(const cri::PodSandboxConfig& pod) {
  Notes notes;
  const auto& security = pod.linux().security_context();
  NoteIf(Asked(security.selinux_options()), "selinux_options are not applied", notes);
  NoteIf(security.namespace_options().network() != cri::NODE, "network: the pod has the host's network",
         notes);
  NoteIf(pod.port_mappings_size() != 0 && security.namespace_options().network() != cri::NODE,
         "port_mappings are not applied: the container's ports are the host's", notes);
  NoteIf(!pod.linux().cgroup_parent().empty() && pod.linux().has_resources(),
         "linux.resources: the limits of the cgroup parent are in force instead", notes);
  return notes;
}

Notes NotAppliedInImageRoot(const cri::ContainerConfig& container) {
  Notes notes;
  const auto& security = container.linux().security_context();
  NoteIf(
      security.has_apparmor() && security.apparmor().profile_type() == cri::SecurityProfile::RuntimeDefault,
      "apparmor RuntimeDefault is not applied", notes);
  NoteIf(Asked(security.selinux_options()), "selinux_options are not applied", notes);
  for (const auto& mount : container.mounts()) {
    if (!mount.selinux_relabel()) continue;
    notes.push_back(Concat("mount ", mount.container_path(), ": selinux_relabel is not applied"));
  }
  NoteDevices(container, notes);
  return notes;
}

}  // namespace jobpod
