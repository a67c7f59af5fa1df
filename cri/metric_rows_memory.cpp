#include "cri/metric_table.hpp"

namespace jobpod {
namespace {

using S = const MetricSource&;
using Sink = const MetricSink&;

}  // namespace

const MetricRows& MemoryRows() {
  static const MetricRows rows = {
      {"container_memory_usage_bytes",
       "Memory charged to the tree, caches included",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.memory_bytes, {}); }},
      {"container_memory_working_set_bytes",
       "Memory charged minus inactive file pages",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.working_set_bytes, {}); }},
      {"container_memory_rss",
       "Anonymous memory",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.rss_bytes.value_or(0), {}); }},
      {"container_memory_cache",
       "Page cache",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.cache_bytes.value_or(0), {}); }},
      {"container_memory_mapped_file",
       "Mapped files",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.mapped_file_bytes.value_or(0), {}); }},
      {"container_memory_kernel_usage",
       "Memory of the kernel on behalf of the tree",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.kernel_bytes.value_or(0), {}); }},
      {"container_memory_swap",
       "Swap used",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.swap_bytes.value_or(0), {}); }},
      {"container_memory_max_usage_bytes",
       "Highest use of memory",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(s.job.memory_max_usage_bytes.value_or(s.job.memory_bytes), {}); }},
      {"container_memory_failcnt",
       "How often the memory limit was hit",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.memory_failcnt.value_or(0), {}); }},
      {"container_memory_failures_total",
       "Page faults",
       cri::COUNTER,
       {"failure_type", "scope"},
       [](S s, Sink sink) {
         sink(s.job.page_faults.value_or(0), {"pgfault", "container"});
         sink(s.job.major_page_faults.value_or(0), {"pgmajfault", "container"});
       }},
      {"container_oom_events_total",
       "Processes killed by the memory limit",
       cri::COUNTER,
       {},
       [](S s, Sink sink) { sink(s.job.oom_kills, {}); }},
  };
  return rows;
}

}  // namespace jobpod
