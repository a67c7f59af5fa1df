#include "cri/usage_parts.hpp"

namespace jobpod {

// No network part: the interfaces are the host's, not the pod's.
cri::PodSandboxStats StatsOf(const PodUsage& usage) {
  cri::PodSandboxStats stats;
  SetAttributes(usage.pod->record, *stats.mutable_attributes());
  auto& out = *stats.mutable_linux();
  SetCpu(usage.job, usage.cpu_nano_cores, *out.mutable_cpu());
  SetMemory(usage.job, *out.mutable_memory());
  if (usage.job.io_pressure) SetIo(usage.job, *out.mutable_io());
  out.mutable_process()->set_timestamp(usage.job.timestamp);
  out.mutable_process()->mutable_process_count()->set_value(usage.job.processes);
  for (const auto& container : usage.containers) *out.add_containers() = StatsOf(container);
  return stats;
}

}  // namespace jobpod
