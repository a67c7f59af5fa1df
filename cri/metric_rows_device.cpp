#include "cri/metric_table.hpp"

namespace jobpod {
namespace {

using S = const MetricSource&;
using Sink = const MetricSink&;

// Jobs count over all devices.
constexpr char kAllDevices[] = "";

void Optional(const std::optional<uint64_t>& value, Sink sink) {
  if (value) sink(*value, {kAllDevices});
}

void Each(S s, Sink sink, uint64_t InterfaceFigures::*figure) {
  for (const auto& interface : s.interfaces) sink(interface.*figure, {interface.name});
}

void BlockDevices(S s, Sink sink) {
  const auto emit = [&](const std::optional<uint64_t>& bytes, const char* operation) {
    if (bytes) sink(*bytes, {kAllDevices, "", "", operation});
  };
  emit(s.job.read_bytes, "Read");
  emit(s.job.write_bytes, "Write");
}

}  // namespace

const MetricRows& DeviceRows() {
  static const MetricRows rows = {
      {"container_blkio_device_usage_total",
       "Bytes transferred to and from block devices",
       cri::COUNTER,
       {"device", "major", "minor", "operation"},
       [](S s, Sink sink) { BlockDevices(s, sink); }},
      {"container_fs_usage_bytes",
       "Bytes of the writable layer",
       cri::GAUGE,
       {"device"},
       [](S s, Sink sink) { sink(s.filesystem.used_bytes, {kAllDevices}); }},
      {"container_fs_limit_bytes",
       "Size of the file system below the writable layer",
       cri::GAUGE,
       {"device"},
       [](S s, Sink sink) { sink(s.space.total_bytes, {kAllDevices}); }},
      {"container_fs_inodes_total",
       "Inodes of the file system below the writable layer",
       cri::GAUGE,
       {"device"},
       [](S s, Sink sink) { sink(s.space.total_inodes, {kAllDevices}); }},
      {"container_fs_inodes_free",
       "Free inodes of the file system below the writable layer",
       cri::GAUGE,
       {"device"},
       [](S s, Sink sink) { sink(s.space.free_inodes, {kAllDevices}); }},
      {"container_fs_reads_total",
       "Read operations",
       cri::COUNTER,
       {"device"},
       [](S s, Sink sink) { Optional(s.job.reads, sink); }},
      {"container_fs_reads_bytes_total",
       "Bytes read",
       cri::COUNTER,
       {"device"},
       [](S s, Sink sink) { Optional(s.job.read_bytes, sink); }},
      {"container_fs_writes_total",
       "Write operations",
       cri::COUNTER,
       {"device"},
       [](S s, Sink sink) { Optional(s.job.writes, sink); }},
      {"container_fs_writes_bytes_total",
       "Bytes written",
       cri::COUNTER,
       {"device"},
       [](S s, Sink sink) { Optional(s.job.write_bytes, sink); }},
      {"container_network_receive_bytes_total",
       "Bytes received by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::received_bytes); }},
      {"container_network_receive_packets_total",
       "Packets received by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::received_packets); }},
      {"container_network_receive_errors_total",
       "Errors received by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::received_errors); }},
      {"container_network_receive_packets_dropped_total",
       "Packets dropped received by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::received_dropped); }},
      {"container_network_transmit_bytes_total",
       "Bytes sent by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::sent_bytes); }},
      {"container_network_transmit_packets_total",
       "Packets sent by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::sent_packets); }},
      {"container_network_transmit_errors_total",
       "Errors sent by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::sent_errors); }},
      {"container_network_transmit_packets_dropped_total",
       "Packets dropped sent by the host: the pod has its network",
       cri::COUNTER,
       {"interface"},
       [](S s, Sink sink) { Each(s, sink, &InterfaceFigures::sent_dropped); }},
  };
  return rows;
}

}  // namespace jobpod
