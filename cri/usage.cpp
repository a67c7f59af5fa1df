#include "cri/usage_parts.hpp"

namespace jobpod {
namespace {

void SetPressure(const JobUsage::Pressure& pressure, cri::PsiStats& out) {
  const auto set = [](const JobUsage::Pressure::Line& line, cri::PsiData& data) {
    data.set_total(line.total_us * 1000);  // kubelet hands nanoseconds on
    data.set_avg10(line.avg10);
    data.set_avg60(line.avg60);
    data.set_avg300(line.avg300);
  };
  set(pressure.some, *out.mutable_some());
  set(pressure.full, *out.mutable_full());
}

// Without swap accounting none is used and none is to be had.
void SetSwap(const JobUsage& usage, cri::SwapUsage& out) {
  const uint64_t used = usage.swap_bytes.value_or(0), limit = usage.swap_limit_bytes.value_or(0);
  out.set_timestamp(usage.timestamp);
  out.mutable_swap_usage_bytes()->set_value(used);
  out.mutable_swap_available_bytes()->set_value(limit > used ? limit - used : 0);
}

}  // namespace

void SetCpu(const JobUsage& usage, const std::optional<uint64_t>& nano_cores, cri::CpuUsage& out) {
  out.set_timestamp(usage.timestamp);
  if (nano_cores) out.mutable_usage_nano_cores()->set_value(*nano_cores);
  out.mutable_usage_core_nano_seconds()->set_value(usage.cpu_ns);
  if (usage.cpu_pressure) SetPressure(*usage.cpu_pressure, *out.mutable_psi());
}

void SetMemory(const JobUsage& usage, cri::MemoryUsage& out) {
  out.set_timestamp(usage.timestamp);
  out.mutable_working_set_bytes()->set_value(usage.working_set_bytes);
  out.mutable_usage_bytes()->set_value(usage.memory_bytes);
  if (const auto limit = usage.memory_limit_bytes) {
    const uint64_t used = usage.working_set_bytes;
    out.mutable_available_bytes()->set_value(*limit > used ? *limit - used : 0);
  }
  if (usage.rss_bytes) out.mutable_rss_bytes()->set_value(*usage.rss_bytes);
  if (usage.page_faults) out.mutable_page_faults()->set_value(*usage.page_faults);
  if (usage.major_page_faults) out.mutable_major_page_faults()->set_value(*usage.major_page_faults);
  if (usage.memory_pressure) SetPressure(*usage.memory_pressure, *out.mutable_psi());
}

void SetIo(const JobUsage& usage, cri::IoUsage& out) {
  out.set_timestamp(usage.timestamp);
  SetPressure(*usage.io_pressure, *out.mutable_psi());
}

void SetAttributes(const ContainerRecord& record, cri::ContainerAttributes& out) {
  out.set_id(record.id());
  out.mutable_metadata()->set_name(record.spec().name());
  out.mutable_metadata()->set_attempt(record.spec().attempt());
  *out.mutable_labels() = record.spec().labels();
  *out.mutable_annotations() = record.spec().annotations();
}

void SetAttributes(const PodRecord& record, cri::PodSandboxAttributes& out) {
  const auto& spec = record.spec();
  out.set_id(record.id());
  out.mutable_metadata()->set_name(spec.name());
  out.mutable_metadata()->set_namespace_(spec.namespace_());
  out.mutable_metadata()->set_uid(spec.uid());
  out.mutable_metadata()->set_attempt(spec.attempt());
  *out.mutable_labels() = spec.labels();
  *out.mutable_annotations() = spec.annotations();
}

cri::FilesystemUsage FilesystemOf(const FilesystemUsage& usage, int64_t timestamp) {
  cri::FilesystemUsage out;
  out.set_timestamp(timestamp);
  out.mutable_fs_id()->set_mountpoint(usage.mountpoint);
  out.mutable_used_bytes()->set_value(usage.used_bytes);
  out.mutable_inodes_used()->set_value(usage.inodes_used);
  return out;
}

cri::ContainerStats StatsOf(const ContainerUsage& usage) {
  cri::ContainerStats stats;
  SetAttributes(usage.container->record, *stats.mutable_attributes());
  SetCpu(usage.job, usage.cpu_nano_cores, *stats.mutable_cpu());
  SetMemory(usage.job, *stats.mutable_memory());
  SetSwap(usage.job, *stats.mutable_swap());
  if (usage.job.io_pressure) SetIo(usage.job, *stats.mutable_io());
  *stats.mutable_writable_layer() = FilesystemOf(usage.writable_layer, usage.job.timestamp);
  return stats;
}

}  // namespace jobpod
