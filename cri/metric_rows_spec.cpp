#include "cri/metric_table.hpp"

namespace jobpod {
namespace {

using S = const MetricSource&;
using Sink = const MetricSink&;

constexpr int64_t kSecond = 1'000'000'000;

// "No limit" is 0.
uint64_t Limit(int64_t value) {
  return value > 0 ? static_cast<uint64_t>(value) : 0;
}

uint64_t Quota(S s) {
  return Limit(s.limits.cpu_quota_us());
}

}  // namespace

const MetricRows& SpecRows() {
  static const MetricRows rows = {
      {"container_last_seen",
       "When this was measured, in seconds since the epoch",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.job.timestamp / kSecond), {}); }},
      {"container_start_time_seconds",
       "When it was started, in seconds since the epoch",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.started_at / kSecond), {}); }},
      {"container_spec_cpu_period",
       "Period of the CPU quota, in microseconds",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.limits.cpu_period_us()), {}); }},
      {"container_spec_cpu_quota",
       "CPU quota, in microseconds a period",
       cri::GAUGE,
       {},
       [](S s, Sink sink) {
         if (Quota(s) != 0) sink(Quota(s), {});
       }},
      {"container_spec_cpu_shares",
       "CPU shares",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.limits.cpu_shares()), {}); }},
      {"container_spec_memory_limit_bytes",
       "Memory limit, 0 without one",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.limits.memory_bytes()), {}); }},
      {"container_spec_memory_swap_limit_bytes",
       "Limit on memory and swap, 0 without one",
       cri::GAUGE,
       {},
       [](S s, Sink sink) { sink(Limit(s.limits.memory_swap_bytes()), {}); }},
      {"container_spec_memory_reservation_limit_bytes",
       "Memory reservation; CRI has none",
       cri::GAUGE,
       {},
       [](S s, Sink sink) {
         (void)s;
         (void)sink;
       }},
      {"container_hugetlb_usage_bytes",
       "Huge pages used; not measured by this version",
       cri::GAUGE,
       {"pagesize"},
       [](S s, Sink sink) {
         (void)s;
         (void)sink;
       }},
      {"container_hugetlb_max_usage_bytes",
       "Highest use of huge pages; not measured by this version",
       cri::GAUGE,
       {"pagesize"},
       [](S s, Sink sink) {
         (void)s;
         (void)sink;
       }},
  };
  return rows;
}

}  // namespace jobpod
