// The Prometheus metrics kubelet passes on from ListPodSandboxMetrics: cAdvisor's names, as a table.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cri/host_figures.hpp"
#include "cri/wire.hpp"
#include "image/images.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// What one pod's or container's metrics are made of.
struct MetricSource {
  const JobUsage& job;
  const Limits& limits;
  int64_t started_at = 0;  // ns since the epoch; 0 = not yet
  FilesystemUsage filesystem;
  FilesystemSpace space;
  ProcessFigures process;                    // of the first process; a pod's: the sum
  std::vector<InterfaceFigures> interfaces;  // pods only
};

// Called once for each value, with the values of the row's own labels.
using MetricSink = std::function<void(uint64_t value, std::vector<std::string> labels)>;

struct MetricRow {
  const char* name;
  const char* help;
  cri::MetricType type;
  std::vector<const char*> labels;  // behind those of every metric
  void (*emit)(const MetricSource& source, const MetricSink& sink);
};

using MetricRows = std::vector<MetricRow>;
const MetricRows& ProcessorRows();  // metric_rows_processor.cpp: processors, processes, pressure
const MetricRows& MemoryRows();     // metric_rows_memory.cpp
const MetricRows& DeviceRows();     // metric_rows_device.cpp: filesystem, block devices, network
const MetricRows& SpecRows();       // metric_rows_spec.cpp: limits and times

}  // namespace jobpod
