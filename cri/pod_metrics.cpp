#include <array>

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

// The labels every metric begins with: cAdvisor's, by which dashboards find a pod's metrics. A pod's own have
// no container and no image.
constexpr std::array kIdentityLabels = {"id", "name", "image", "container", "pod", "namespace"};
using Identity = std::array<std::string, kIdentityLabels.size()>;

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

// What the pod asked for; kubelet itself names the image by its id.
std::string ImageName(const ContainerRecord& record) {
  const auto image = ConfigOf(record).image();
  return image.user_specified_image().empty() ? image.image() : image.user_specified_image();
}

void AddContainer(const PodSpec& of_pod, const ContainerUsage& usage, MetricSource& pod,
                  cri::PodSandboxMetrics& out) {
  const auto& record = usage.container->record;
  const MetricSource source = SourceOf(usage);
  auto& metrics = *out.add_container_metrics();
  metrics.set_container_id(record.id());
  const auto& container = record.spec().name();
  AddMetrics({record.id(), container, ImageName(record), container, of_pod.name(), of_pod.namespace_()},
             source, metrics);
  pod.filesystem.used_bytes += source.filesystem.used_bytes;
  pod.process.descriptors += source.process.descriptors;
  pod.process.sockets += source.process.sockets;
}

cri::PodSandboxMetrics MetricsOf(const PodUsage& usage, const std::vector<InterfaceFigures>& interfaces,
                                 const FilesystemSpace& space) {
  const auto& record = usage.pod->record;
  const auto& spec = record.spec();
  cri::PodSandboxMetrics metrics;
  metrics.set_pod_sandbox_id(record.id());
  MetricSource source{usage.job, spec.limits()};
  source.started_at = record.created_at();
  source.interfaces = interfaces;
  source.space = space;
  for (const auto& container : usage.containers) AddContainer(spec, container, source, metrics);
  AddMetrics({record.id(), spec.name(), "", "", spec.name(), spec.namespace_()}, source, metrics);
  return metrics;
}

}  // namespace

Status ListMetricDescriptors(const Rooms&, Call&, const cri::ListMetricDescriptorsRequest&,
                             cri::ListMetricDescriptorsResponse* response) {
  ForEachRow([&](const MetricRow& row) {
    auto* descriptor = response->add_descriptors();
    descriptor->set_name(row.name);
    descriptor->set_help(row.help);
    for (const char* label : kIdentityLabels) descriptor->add_label_keys(label);
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
