#include "cri/metric_table.hpp"

namespace jobpod {
namespace {

using S = const MetricSource&;
using Sink = const MetricSink&;

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMicrosecondsPerSecond = 1'000'000;

enum class Share { kSome, kFull };

// Only where the kernel tells (cgroup v2).
void Pressure(const std::optional<JobUsage::Pressure>& pressure, Share share, Sink sink) {
  if (!pressure) return;
  const auto& line = share == Share::kSome ? pressure->some : pressure->full;
  sink(line.total_us / kMicrosecondsPerSecond, {});
}

}  // namespace

const MetricRows& ProcessorRows() {
  static const MetricRows rows = {
      {"container_cpu_usage_seconds_total",
       "CPU time used, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cpu_ns / kSecond, {}); }},
      {"container_cpu_user_seconds_total",
       "CPU time used in user mode, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cpu_user_ns.value_or(0) / kSecond, {}); }},
      {"container_cpu_system_seconds_total",
       "CPU time used in the kernel, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cpu_system_ns.value_or(0) / kSecond, {}); }},
      {"container_cpu_cfs_periods_total",
       "Enforcement periods of the CPU quota",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cfs_periods.value_or(0), {}); }},
      {"container_cpu_cfs_throttled_periods_total",
       "Periods in which the CPU quota was used up",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cfs_throttled_periods.value_or(0), {}); }},
      {"container_cpu_cfs_throttled_seconds_total",
       "Time spent throttled, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.cfs_throttled_ns.value_or(0) / kSecond, {}); }},
      {"container_processes",
       "Processes in the tree",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.processes, {}); }},
      {"container_threads",
       "Threads in the tree",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.threads.value_or(s.job.processes), {}); }},
      {"container_threads_max",
       "Limit on threads, 0 without one",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.threads_limit.value_or(0), {}); }},
      {"container_file_descriptors",
       "Descriptors the first process has open",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.process.descriptors, {}); }},
      {"container_sockets",
       "Sockets the first process has open",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.process.sockets, {}); }},
      {"container_ulimits_soft",
       "Soft resource limits of the first process",
       cri::GAUGE,
       {"ulimit"},
       [](S s, Sink sink) {
         if (s.process.open_files_limit != 0) sink(s.process.open_files_limit, {"max_open_files"});
       }},
      {"container_pressure_cpu_waiting_seconds_total",
       "Time some tasks waited for cpu, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.cpu_pressure, Share::kSome, sink); }},
      {"container_pressure_cpu_stalled_seconds_total",
       "Time all tasks waited for cpu, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.cpu_pressure, Share::kFull, sink); }},
      {"container_pressure_memory_waiting_seconds_total",
       "Time some tasks waited for memory, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.memory_pressure, Share::kSome, sink); }},
      {"container_pressure_memory_stalled_seconds_total",
       "Time all tasks waited for memory, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.memory_pressure, Share::kFull, sink); }},
      {"container_pressure_io_waiting_seconds_total",
       "Time some tasks waited for io, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.io_pressure, Share::kSome, sink); }},
      {"container_pressure_io_stalled_seconds_total",
       "Time all tasks waited for io, in seconds",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { Pressure(s.job.io_pressure, Share::kFull, sink); }},
  };
  return rows;
}

}  // namespace jobpod
