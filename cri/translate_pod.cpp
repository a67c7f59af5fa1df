#include <filesystem>

#include "cri/translate.hpp"

namespace jobpod {
namespace {

namespace fs = std::filesystem;

bool ClimbsOut(const fs::path& path) {
  for (const auto& part : path) {
    if (part == "..") return true;
  }
  return false;
}

Status CheckMetadata(const cri::PodSandboxConfig& config) {
  if (!config.has_metadata()) return absl::InvalidArgumentError("config.metadata is missing; set it");
  const auto& metadata = config.metadata();
  RETURN_IF_ERROR(CheckName(metadata.name(), "config.metadata.name"));
  RETURN_IF_ERROR(CheckName(metadata.namespace_(), "config.metadata.namespace"));
  return CheckName(metadata.uid(), "config.metadata.uid");
}

Status CheckPaths(const cri::PodSandboxConfig& config) {
  const std::string& logs = config.log_directory();
  RETURN_IF_ERROR(CheckText(logs, "config.log_directory"));
  if (!logs.empty() && (!fs::path(logs).has_root_directory() || ClimbsOut(logs))) {
    return absl::InvalidArgumentError(
        Concat("config.log_directory \"", logs, "\" must be an absolute path without .."));
  }
  const std::string& parent = config.linux().cgroup_parent();
  RETURN_IF_ERROR(CheckText(parent, "linux.cgroup_parent"));
  if (ClimbsOut(parent)) {
    return absl::InvalidArgumentError(Concat("linux.cgroup_parent \"", parent, "\" must not contain .."));
  }
  return absl::OkStatus();
}

// Below a cgroup parent of kubelet's the pod's limits are that parent's: kubelet sets them there, and
// what it repeats here is the sum over the containers that have a limit, no bound for those without.
StatusOr<Limits> LimitsOf(const cri::LinuxPodSandboxConfig& config) {
  ASSIGN_OR_RETURN(Limits limits, TranslatePodLimits(config.resources(), config.overhead()));
  return config.cgroup_parent().empty() ? limits : Limits();
}

Status CheckHostname(const std::string& name) {
  constexpr size_t kMaxLength = 64;  // the kernel's
  if (name.size() > kMaxLength) {
    return absl::InvalidArgumentError(Concat("config.hostname \"", name, "\" is longer than 64 bytes"));
  }
  return CheckName(name, "config.hostname");
}

Status SetImageRoot(const cri::PodSandboxConfig& config, PodSpec& spec) {
  const auto& options = config.linux().security_context().namespace_options();
  spec.set_pid(ScopeOf(options.pid()));
  spec.set_ipc(ScopeOf(options.ipc()));
  if (options.network() != cri::NODE) {
    spec.set_own_hostname(true);
    spec.set_hostname(config.hostname());
    if (!config.hostname().empty()) RETURN_IF_ERROR(CheckHostname(config.hostname()));
  }
  const auto& dns = config.dns_config();
  if (dns.servers().empty() && dns.searches().empty() && dns.options().empty()) return absl::OkStatus();
  *spec.mutable_resolver()->mutable_servers() = dns.servers();
  *spec.mutable_resolver()->mutable_searches() = dns.searches();
  *spec.mutable_resolver()->mutable_options() = dns.options();
  return absl::OkStatus();
}

}  // namespace

NamespaceScope ScopeOf(cri::NamespaceMode mode) {
  switch (mode) {
    case cri::CONTAINER:
      return NAMESPACE_CONTAINER;
    case cri::NODE:
      return NAMESPACE_HOST;
    case cri::TARGET:
      return NAMESPACE_TARGET;
    default:
      return NAMESPACE_POD;
  }
}

StatusOr<PodSpec> TranslatePod(const cri::PodSandboxConfig& config, const std::string& handler,
                               const std::string& layout) {
  RETURN_IF_ERROR(CheckMetadata(config));
  RETURN_IF_ERROR(CheckPaths(config));
  PodSpec spec;
  ASSIGN_OR_RETURN(*spec.mutable_limits(), LimitsOf(config.linux()));
  spec.set_name(config.metadata().name());
  spec.set_namespace_(config.metadata().namespace_());
  spec.set_uid(config.metadata().uid());
  spec.set_attempt(config.metadata().attempt());
  spec.set_layout(layout);
  spec.set_handler(handler);
  spec.set_log_directory(config.log_directory());
  spec.set_cgroup_parent(config.linux().cgroup_parent());
  spec.mutable_labels()->insert(config.labels().begin(), config.labels().end());
  spec.mutable_annotations()->insert(config.annotations().begin(), config.annotations().end());
  spec.set_request(config.SerializeAsString());
  if (layout == "image-root") RETURN_IF_ERROR(SetImageRoot(config, spec));
  return spec;
}

}  // namespace jobpod
