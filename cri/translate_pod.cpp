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

}  // namespace

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
  return spec;
}

}  // namespace jobpod
