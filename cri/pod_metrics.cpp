#include "cri/handlers.hpp"
#include "cri/metric_table.hpp"
#include "cri/resolve.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {
namespace {

template <typename Function>
void ForEachRow(const Function& function) {
  for (const auto* rows : {&ProcessorRows(), &MemoryRows(), &DeviceRows(), &SpecRows()}) {
    for (const auto& row : *rows) function(row);
  }
}

// id, name, image: the labels every metric begins with.
using Identity = std::vector<std::string>;

void AddMetric(const MetricRow& row, const Identity& identity, const MetricSource& source, uint64_t value,
               const std::vector<std::string>& labels, cri::Metric& metric) {
  metric.set_name(row.name);
  metric.set_timestamp(source.job.timestamp);
  metric.set_metric_type(row.type);
  metric.mutable_value()->set_value(value);
  for (const auto& label : identity) metric.add_label_values(label);
  for (const auto& label : labels) metric.add_label_values(label);
}

template <typename Message>
void AddMetrics(const Identity& identity, const MetricSource& source, Message& out) {
  ForEachRow([&](const MetricRow& row) {
    row.emit(source, [&](uint64_t value, const std::vector<std::string>& labels) {
      AddMetric(row, identity, source, value, labels, *out.add_metrics());
    });
  });
}

MetricSource SourceOf(const ContainerUsage& usage) {
  const auto& record = usage.container->record;
  MetricSource source{usage.job, record.has_limits() ? record.limits() : record.spec().limits()};
  source.started_at = record.started_at();
  source.filesystem = usage.writable_layer;
  source.space = SpaceOf(usage.writable_layer.mountpoint);
  source.process = FiguresOf(record.pid());
  return source;
}

void AddContainer(const ContainerUsage& usage, MetricSource& pod, cri::PodSandboxMetrics& out) {
  const auto& record = usage.container->record;
  const MetricSource source = SourceOf(usage);
  auto& metrics = *out.add_container_metrics();
  metrics.set_container_id(record.id());
  AddMetrics({record.id(), record.spec().name(), record.spec().image_reference()}, source, metrics);
  pod.filesystem.used_bytes += source.filesystem.used_bytes;
  pod.process.descriptors += source.process.descriptors;
  pod.process.sockets += source.process.sockets;
}

cri::PodSandboxMetrics MetricsOf(const PodUsage& usage, const std::vector<InterfaceFigures>& interfaces,
                                 const FilesystemSpace& space) {
  const auto& record = usage.pod->record;
  cri::PodSandboxMetrics metrics;
  metrics.set_pod_sandbox_id(record.id());
  MetricSource source{usage.job, record.spec().limits()};
  source.started_at = record.created_at();
  source.interfaces = interfaces;
  source.space = space;
  for (const auto& container : usage.containers) AddContainer(container, source, metrics);
  AddMetrics({record.id(), record.spec().name(), ""}, source, metrics);
  return metrics;
}

}  // namespace

Status ListMetricDescriptors(const Rooms&, Call&, const cri::ListMetricDescriptorsRequest&,
                             cri::ListMetricDescriptorsResponse* response) {
  ForEachRow([&](const MetricRow& row) {
    auto* descriptor = response->add_descriptors();
    descriptor->set_name(row.name);
    descriptor->set_help(row.help);
    for (const char* label : {"id", "name", "image"}) descriptor->add_label_keys(label);
    for (const char* label : row.labels) descriptor->add_label_keys(label);
  });
  return absl::OkStatus();
}

StatusOr<ItemList> ListPodSandboxMetrics(const Rooms& rooms) {
  const auto interfaces = HostInterfaces();
  const auto space = SpaceOf(rooms.images.Usage().mountpoint);
  ItemList list;
  for (const auto& pod : rooms.pods.ListPods()) {
    if (!pod->ready()) continue;
    const auto usage = rooms.pods.UsageOfPod(pod->record.id(), UsageDetail::kFull);
    if (usage.ok()) list.Add(MetricsOf(*usage, interfaces, space));  // it may have ended meanwhile
  }
  return list;
}

}  // namespace jobpod::handle
