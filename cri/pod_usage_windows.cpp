#include "cri/usage_parts.hpp"

namespace jobpod {
namespace {

void SetCpu(const JobUsage& usage, const std::optional<uint64_t>& nano_cores, cri::WindowsCpuUsage& out) {
  out.set_timestamp(usage.timestamp);
  if (nano_cores) out.mutable_usage_nano_cores()->set_value(*nano_cores);
  out.mutable_usage_core_nano_seconds()->set_value(usage.cpu_ns);
}

void SetMemory(const JobUsage& usage, cri::WindowsMemoryUsage& out) {
  out.set_timestamp(usage.timestamp);
  out.mutable_working_set_bytes()->set_value(usage.working_set_bytes);
  out.mutable_commit_memory_bytes()->set_value(usage.memory_bytes);
  if (const auto limit = usage.memory_limit_bytes) {
    const uint64_t used = usage.working_set_bytes;
    out.mutable_available_bytes()->set_value(*limit > used ? *limit - used : 0);
  }
  if (usage.page_faults) out.mutable_page_faults()->set_value(*usage.page_faults);
}

cri::WindowsContainerStats WindowsStatsOf(const ContainerUsage& usage) {
  cri::WindowsContainerStats stats;
  jobpod::SetAttributes(usage.container->record, *stats.mutable_attributes());
  SetCpu(usage.job, usage.cpu_nano_cores, *stats.mutable_cpu());
  SetMemory(usage.job, *stats.mutable_memory());
  auto& layer = *stats.mutable_writable_layer();
  layer.set_timestamp(usage.job.timestamp);
  layer.mutable_fs_id()->set_mountpoint(usage.writable_layer.mountpoint);
  layer.mutable_used_bytes()->set_value(usage.writable_layer.used_bytes);
  return stats;
}

}  // namespace

// No network part: the interfaces are the host's, not the pod's.
cri::PodSandboxStats StatsOf(const PodUsage& usage) {
  cri::PodSandboxStats stats;
  SetAttributes(usage.pod->record, *stats.mutable_attributes());
  auto& out = *stats.mutable_windows();
  SetCpu(usage.job, usage.cpu_nano_cores, *out.mutable_cpu());
  SetMemory(usage.job, *out.mutable_memory());
  out.mutable_process()->set_timestamp(usage.job.timestamp);
  out.mutable_process()->mutable_process_count()->set_value(usage.job.processes);
  for (const auto& container : usage.containers) *out.add_containers() = WindowsStatsOf(container);
  return stats;
}

}  // namespace jobpod
