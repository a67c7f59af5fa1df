// Lists, filters and id prefixes; the node's own answers.
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

std::set<std::string> Containers(const std::function<void(cri::ContainerFilter&)>& filter) {
  cri::ListContainersRequest request;
  filter(*request.mutable_filter());
  std::set<std::string> ids;
  const auto response = SharedDaemon().client().Call(&Runtime::ListContainers, request);
  for (const auto& container : response.containers()) ids.insert(container.id());
  return ids;
}

using Ids = std::set<std::string>;

}  // namespace

TEST_CASE("containers are listed by id prefix, state, pod and labels") {
  Pod pod, other;
  cri::ContainerConfig labelled = Busybox("exec sleep 1000");
  (*labelled.mutable_labels())["tier"] = "web";
  (*labelled.mutable_labels())["app"] = "shop";
  const std::string running = pod.Start(labelled);
  const std::string created = pod.Create(Busybox("true"));
  const std::string ended = RunScript(other, "true").id;

  CHECK(Containers([](auto&) {}).size() >= 3);
  CHECK(Containers([&](auto& filter) { filter.set_id(running); }) == Ids{running});
  CHECK(Containers([&](auto& filter) { filter.set_id(running.substr(0, 13)); }) == Ids{running});
  CHECK(Containers([&](auto& filter) { filter.set_pod_sandbox_id(pod.id()); }) == Ids{running, created});
  CHECK(Containers([&](auto& filter) { filter.set_pod_sandbox_id(pod.id().substr(0, 12)); }) ==
        Ids{running, created});
  CHECK(Containers([&](auto& filter) {
          filter.set_pod_sandbox_id(pod.id());
          filter.mutable_state()->set_state(cri::CONTAINER_RUNNING);
        }) == Ids{running});
  CHECK(Containers([&](auto& filter) {
          filter.set_pod_sandbox_id(other.id());
          filter.mutable_state()->set_state(cri::CONTAINER_EXITED);
        }) == Ids{ended});
  CHECK(Containers([](auto& filter) {
          (*filter.mutable_label_selector())["tier"] = "web";
          (*filter.mutable_label_selector())["app"] = "shop";
        }) == Ids{running});
  CHECK(Containers([](auto& filter) { (*filter.mutable_label_selector())["tier"] = "db"; }).empty());
  CHECK(Containers([](auto& filter) { filter.set_id("no such id"); }).empty());
}

TEST_CASE("a list item carries what its container was made with") {
  Pod pod;
  cri::ContainerConfig config = Busybox("exec sleep 1000");
  (*config.mutable_annotations())["io.kubernetes.container.hash"] = "abc";
  const std::string id = pod.Start(config);
  cri::ListContainersRequest request;
  request.mutable_filter()->set_id(id);
  const auto response = pod.client().Call(&Runtime::ListContainers, request);
  REQUIRE(response.containers_size() == 1);
  const cri::Container& item = response.containers(0);
  CHECK(item.pod_sandbox_id() == pod.id());
  CHECK(item.image_id() == Image("busybox"));
  CHECK(item.image().image() == config.image().image());
  CHECK(item.annotations().at("io.kubernetes.container.hash") == "abc");
  CHECK(item.created_at() == pod.client().StatusOf(id).created_at());
}

TEST_CASE("pods are listed by state and labels, and by unique prefix everywhere") {
  Pod pod(SharedDaemon(), "",
          [](cri::PodSandboxConfig& config) { (*config.mutable_labels())["only"] = "me"; });
  cri::ListPodSandboxRequest request;
  (*request.mutable_filter()->mutable_label_selector())["only"] = "me";
  CHECK(pod.client().Call(&Runtime::ListPodSandbox, request).items_size() == 1);
  request.mutable_filter()->mutable_state()->set_state(cri::SANDBOX_NOTREADY);
  CHECK(pod.client().Call(&Runtime::ListPodSandbox, request).items_size() == 0);
  CHECK(pod.client().StatusOfPod(pod.id().substr(0, 13)).id() == pod.id());
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  CHECK(pod.client().Exec(id.substr(0, 13), {kBusybox, "true"}).exit_code() == 0);
}

TEST_CASE("the stream lists say what the lists say") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  grpc::ClientContext context;
  auto reader = pod.client().runtime().StreamContainers(&context, cri::StreamContainersRequest());
  std::set<std::string> ids;
  cri::StreamContainersResponse part;
  while (reader->Read(&part))
    for (const auto& container : part.containers()) ids.insert(container.id());
  CHECK(reader->Finish().ok());
  CHECK(ids == Containers([](auto&) {}));
}

TEST_CASE("version, status and configuration are what kubelet asks of a runtime") {
  CriClient& client = SharedDaemon().client();
  const auto version = client.Call(&Runtime::Version, cri::VersionRequest());
  CHECK(version.version() == "0.1.0");
  CHECK(version.runtime_name() == "jobpod");
  CHECK(version.runtime_api_version() == "v1");
  CHECK(!version.runtime_version().empty());
  cri::StatusRequest request;
  request.set_verbose(true);
  const auto status = client.Call(&Runtime::Status, request);
  std::map<std::string, bool> conditions;
  for (const auto& condition : status.status().conditions())
    conditions[condition.type()] = condition.status();
  CHECK(conditions == std::map<std::string, bool>{{"NetworkReady", true}, {"RuntimeReady", true}});
  CHECK(!status.info().empty());
  std::set<std::string> handlers;
  for (const auto& handler : status.runtime_handlers()) handlers.insert(handler.name());
  CHECK(handlers.count("") == 1);
  CHECK(handlers.count("hostprocess") == 1);
  CHECK(handlers.count("hostprocess-link") == 1);
  CHECK(client.Call(&Runtime::RuntimeConfig, cri::RuntimeConfigRequest()).linux().cgroup_driver() ==
        cri::CGROUPFS);
  cri::UpdateRuntimeConfigRequest update;
  update.mutable_runtime_config()->mutable_network_config()->set_pod_cidr("10.0.0.0/24");
  client.Call(&Runtime::UpdateRuntimeConfig, update);
}

TEST_CASE("metrics have a descriptor for every name") {
  Pod pod;
  pod.Start(Busybox("exec sleep 1000"));
  const auto descriptors =
      pod.client().Call(&Runtime::ListMetricDescriptors, cri::ListMetricDescriptorsRequest());
  std::map<std::string, int> labels;
  for (const auto& descriptor : descriptors.descriptors())
    labels[descriptor.name()] = descriptor.label_keys_size();
  CHECK(labels.count("container_cpu_usage_seconds_total") == 1);
  CHECK(labels.count("container_memory_working_set_bytes") == 1);
  const auto metrics =
      pod.client().Call(&Runtime::ListPodSandboxMetrics, cri::ListPodSandboxMetricsRequest());
  size_t count = 0;
  for (const auto& of_pod : metrics.pod_metrics())
    for (const auto& of_container : of_pod.container_metrics())
      for (const auto& metric : of_container.metrics()) {
        INFO(metric.name());
        CHECK(labels.count(metric.name()) == 1);
        CHECK(metric.label_values_size() == labels[metric.name()]);
        CHECK(metric.has_value());
        ++count;
      }
  CHECK(count > 10);
}

TEST_CASE("checkpoints are not implemented, and say so") {
  CriClient& client = SharedDaemon().client();
  CHECK_CODE(UNIMPLEMENTED, client.Call(&Runtime::CheckpointContainer, cri::CheckpointContainerRequest()));
}

}  // namespace jobpod::test
