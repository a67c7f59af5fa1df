#include "cri/translate.hpp"

namespace jobpod {
namespace {

void Apply(const Limits& limits, cri::LinuxContainerResources& out) {
  if (limits.memory_bytes() != 0) out.set_memory_limit_in_bytes(limits.memory_bytes());
  if (limits.memory_swap_bytes() != 0) out.set_memory_swap_limit_in_bytes(limits.memory_swap_bytes());
  if (limits.cpu_period_us() != 0) out.set_cpu_period(limits.cpu_period_us());
  if (limits.cpu_quota_us() != 0) out.set_cpu_quota(limits.cpu_quota_us());
  if (limits.cpu_shares() != 0) out.set_cpu_shares(limits.cpu_shares());
  if (!limits.cpuset_cpus().empty()) out.set_cpuset_cpus(limits.cpuset_cpus());
  if (!limits.cpuset_mems().empty()) out.set_cpuset_mems(limits.cpuset_mems());
  for (const auto& [file, value] : limits.unified()) (*out.mutable_unified())[file] = value;
}

void Apply(const Limits& limits, cri::WindowsContainerResources& out) {
  if (limits.memory_bytes() != 0) out.set_memory_limit_in_bytes(limits.memory_bytes());
  if (limits.windows_cpu_maximum() != 0) out.set_cpu_maximum(limits.windows_cpu_maximum());
  if (limits.windows_cpu_count() != 0) out.set_cpu_count(limits.windows_cpu_count());
  if (limits.windows_cpu_shares() != 0) out.set_cpu_shares(limits.windows_cpu_shares());
}

}  // namespace

// As asked for, in the form it was asked for; what an update has changed since lies on top.
cri::ContainerResources ResourcesInForce(const cri::ContainerConfig& config, const ContainerRecord& record) {
  cri::ContainerResources resources;
  const bool windows = config.windows().has_resources();
  if (windows) *resources.mutable_windows() = config.windows().resources();
  if (windows) Apply(record.limits(), *resources.mutable_windows());
  if (windows && !config.linux().has_resources()) return resources;
  *resources.mutable_linux() = config.linux().resources();
  Apply(record.limits(), *resources.mutable_linux());
  return resources;
}

}  // namespace jobpod
