// Lists, their filters and streams; statistics and metrics; images.
#include <set>

#include "cri/test_server.hpp"

namespace jobpod {
namespace {

using Catch::Matchers::Contains;
using grpc::StatusCode;
using Names = std::set<std::string>;

struct Cluster {
  TestServer server;
  std::string a = server.RunPod("a"), b = server.RunPod("b");
  std::string a1 = server.Create(a, "a1"), a2 = server.Create(a, "a2"), b1 = server.Create(b, "b1");
  Cluster() {
    server.Start(a1);
    server.Start(b1);
    CHECK(server.pods.StopContainer(b1, {}).ok());
  }

  Names List(const cri::ContainerFilter& filter) {
    cri::ListContainersRequest request;
    *request.mutable_filter() = filter;
    cri::ListContainersResponse response;
    REQUIRE(Ask(server.runtime, &RuntimeStub::ListContainers, request, response).ok());
    Names names;
    for (const auto& container : response.containers()) names.insert(container.metadata().name());
    return names;
  }
};

TEST_CASE("containers are listed by id, prefix, pod, state and labels") {
  Cluster cluster;
  CHECK(cluster.List({}) == Names{"a1", "a2", "b1"});
  cri::ContainerFilter filter;
  filter.set_id(cluster.a1.substr(0, 13));
  CHECK(cluster.List(filter) == Names{"a1"});
  filter.set_pod_sandbox_id(cluster.b);
  CHECK(cluster.List(filter).empty());
  filter.clear_id();
  CHECK(cluster.List(filter) == Names{"b1"});
  filter.set_pod_sandbox_id(cluster.a.substr(0, 13));
  CHECK(cluster.List(filter) == Names{"a1", "a2"});
  filter.mutable_state()->set_state(cri::CONTAINER_CREATED);
  CHECK(cluster.List(filter) == Names{"a2"});
  filter.Clear();
  filter.mutable_state()->set_state(cri::CONTAINER_EXITED);
  CHECK(cluster.List(filter) == Names{"b1"});
  filter.Clear();
  (*filter.mutable_label_selector())["app"] = "a2";
  CHECK(cluster.List(filter) == Names{"a2"});
  (*filter.mutable_label_selector())["other"] = "";
  CHECK(cluster.List(filter).empty());
  filter.Clear();
  filter.set_id("feedfacefeed0");
  CHECK(cluster.List(filter).empty());
}

TEST_CASE("a listed container has what kubelet reads, and changes show at once") {
  Cluster cluster;
  cri::ListContainersRequest request;
  request.mutable_filter()->set_id(cluster.a2);
  cri::ListContainersResponse response;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListContainers, request, response).ok());
  const auto container = response.containers(0);
  CHECK(container.id() == cluster.a2);
  CHECK(container.pod_sandbox_id() == cluster.a);
  CHECK(container.image().image() == "docker.io/library/busybox:latest");
  CHECK(container.image_id() == "sha256:" + std::string(64, 'a'));
  CHECK(container.created_at() > 0);
  CHECK(container.labels().at("app") == "a2");
  CHECK(container.state() == cri::CONTAINER_CREATED);
  cluster.server.Start(cluster.a2);
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListContainers, request, response).ok());
  CHECK(response.containers(0).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("pods are listed by id, prefix, state and labels; an ambiguous prefix is refused") {
  Cluster cluster;
  auto& server = cluster.server;
  const auto list = [&](const cri::PodSandboxFilter& filter) {
    cri::ListPodSandboxRequest request;
    *request.mutable_filter() = filter;
    cri::ListPodSandboxResponse response;
    REQUIRE(Ask(server.runtime, &RuntimeStub::ListPodSandbox, request, response).ok());
    Names names;
    for (const auto& pod : response.items()) names.insert(pod.metadata().name());
    return names;
  };
  CHECK(list({}) == Names{"a", "b"});
  cri::PodSandboxFilter filter;
  filter.set_id(cluster.b.substr(0, 13));
  CHECK(list(filter) == Names{"b"});
  filter.Clear();
  REQUIRE(server.pods.StopPod(cluster.b).ok());
  filter.mutable_state()->set_state(cri::SANDBOX_READY);
  CHECK(list(filter) == Names{"a"});
  filter.mutable_state()->set_state(cri::SANDBOX_NOTREADY);
  CHECK(list(filter) == Names{"b"});
  server.pods.SetNextId("ab" + std::string(62, '1'));
  server.RunPod("one");
  server.pods.SetNextId("ab" + std::string(62, '2'));
  server.RunPod("two");
  cri::ListPodSandboxRequest request;
  request.mutable_filter()->set_id("ab");
  cri::ListPodSandboxResponse response;
  CHECK(Ask(server.runtime, &RuntimeStub::ListPodSandbox, request, response).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  cri::ListContainersRequest containers;
  containers.mutable_filter()->set_pod_sandbox_id("ab");
  cri::ListContainersResponse none;
  CHECK(Ask(server.runtime, &RuntimeStub::ListContainers, containers, none).error_code() ==
        StatusCode::INVALID_ARGUMENT);
}

template <typename Response, typename Reader, typename Items>
Names Streamed(Reader reader, const Items& items, int& messages) {
  Names names;
  Response response;
  for (messages = 0; reader->Read(&response); ++messages) {
    for (const auto& item : items(response)) names.insert(item);
  }
  CHECK(reader->Finish().ok());
  return names;
}

TEST_CASE("streams give the lists in several messages") {
  Cluster cluster;
  auto& server = cluster.server;
  Names expected = {cluster.a1, cluster.a2, cluster.b1};
  for (int i = 0; i < 60; ++i) {
    auto request = server.Container(cluster.a, "big");
    (*request.mutable_config()->mutable_annotations())["blob"] = std::string(20'000, 'x');
    cri::CreateContainerResponse response;
    REQUIRE(Ask(server.runtime, &RuntimeStub::CreateContainer, request, response).ok());
    expected.insert(response.container_id());
  }
  int messages = 0;
  grpc::ClientContext context;
  const auto ids = [](const cri::StreamContainersResponse& response) {
    Names names;
    for (const auto& container : response.containers()) names.insert(container.id());
    return names;
  };
  CHECK(Streamed<cri::StreamContainersResponse>(server.runtime->StreamContainers(&context, {}), ids,
                                                messages) == expected);
  CHECK(messages > 2);

  grpc::ClientContext pods_context, stats_context, pod_stats_context, metrics_context, images_context;
  cri::StreamPodSandboxesResponse pods;
  CHECK(server.runtime->StreamPodSandboxes(&pods_context, {})->Read(&pods));
  CHECK(pods.pod_sandboxes_size() == 2);
  cri::StreamContainerStatsResponse stats;
  CHECK(server.runtime->StreamContainerStats(&stats_context, {})->Read(&stats));
  CHECK(stats.container_stats_size() > 0);
  cri::StreamPodSandboxStatsResponse pod_stats;
  CHECK(server.runtime->StreamPodSandboxStats(&pod_stats_context, {})->Read(&pod_stats));
  CHECK(pod_stats.pod_sandbox_stats_size() > 0);
  cri::StreamPodSandboxMetricsResponse metrics;
  CHECK(server.runtime->StreamPodSandboxMetrics(&metrics_context, {})->Read(&metrics));
  CHECK(metrics.pod_sandbox_metrics_size() > 0);
  cri::StreamImagesResponse images;
  CHECK(server.image->StreamImages(&images_context, {})->Read(&images));
  CHECK(images.images_size() == 1);
}

TEST_CASE("statistics have what kubelet reads") {
  Cluster cluster;
  cri::ListContainerStatsResponse response;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListContainerStats, {}, response).ok());
  CHECK(response.stats_size() == 2);  // the exited one has none
  cri::ListContainerStatsRequest request;
  request.mutable_filter()->set_pod_sandbox_id(cluster.a);
  (*request.mutable_filter()->mutable_label_selector())["app"] = "a1";
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListContainerStats, request, response).ok());
  REQUIRE(response.stats_size() == 1);
  const auto& stats = response.stats(0);
  CHECK(stats.attributes().metadata().name() == "a1");
  CHECK(stats.cpu().usage_core_nano_seconds().value() == 5'000'000'000);
  CHECK(stats.cpu().usage_nano_cores().value() == 250'000'000);
  CHECK(stats.cpu().psi().some().total() == 7000);
  CHECK(stats.memory().available_bytes().value() == 2'000'000);
  CHECK(stats.swap().has_swap_usage_bytes());
  CHECK(stats.writable_layer().fs_id().mountpoint() == "/");
  CHECK(stats.writable_layer().used_bytes().value() == 4096);
  cri::PodSandboxStatsRequest pod_request;
  pod_request.set_pod_sandbox_id(cluster.a);
  cri::PodSandboxStatsResponse pod;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::PodSandboxStats, pod_request, pod).ok());
  const auto check = [](const auto& part) {
    CHECK(part.containers_size() == 2);
    CHECK(part.cpu().usage_nano_cores().value() == 500'000'000);
    CHECK(part.process().process_count().value() == 4);
  };
  pod.stats().has_windows() ? check(pod.stats().windows()) : check(pod.stats().linux());
  CHECK(pod.stats().attributes().metadata().uid() == "a-uid");
}

TEST_CASE("all 56 metrics are described, and those critest wants have values") {
  Cluster cluster;
  cri::ListMetricDescriptorsResponse described;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListMetricDescriptors, {}, described).ok());
  std::map<std::string, int> labels;
  for (const auto& descriptor : described.descriptors())
    labels[descriptor.name()] = descriptor.label_keys_size();
  CHECK(labels.size() == 56);
  cri::ListPodSandboxMetricsResponse response;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListPodSandboxMetrics, {}, response).ok());
  REQUIRE(response.pod_metrics_size() == 2);
  Names valued;
  const auto check = [&](const cri::Metric& metric) {
    CHECK(metric.has_value());
    REQUIRE(labels.count(metric.name()) == 1);
    CHECK(metric.label_values_size() == labels[metric.name()]);
    valued.insert(metric.name());
  };
  for (const auto& pod : response.pod_metrics()) {
    for (const auto& metric : pod.metrics()) check(metric);
    for (const auto& container : pod.container_metrics()) {
      for (const auto& metric : container.metrics()) check(metric);
    }
  }
  const Names optional = {"container_blkio_device_usage_total",
                          "container_fs_reads_total",
                          "container_fs_reads_bytes_total",
                          "container_fs_writes_total",
                          "container_fs_writes_bytes_total",
                          "container_hugetlb_usage_bytes",
                          "container_hugetlb_max_usage_bytes",
                          "container_spec_cpu_quota",
                          "container_spec_memory_reservation_limit_bytes",
                          "container_ulimits_soft"};
  for (const auto& [name, count] : labels) {
    INFO(name);
    const bool of_network = name.find("network") != std::string::npos;  // none on a host without interfaces
    CHECK((valued.count(name) == 1 || optional.count(name) == 1 || of_network));
  }
}

TEST_CASE("metrics say which container, pod and image they are of") {
  Cluster cluster;
  auto request = cluster.server.Container(cluster.a, "named");
  request.mutable_config()->mutable_image()->set_user_specified_image("busybox:1");
  cri::CreateContainerResponse created;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::CreateContainer, request, created).ok());
  cri::ListMetricDescriptorsResponse described;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListMetricDescriptors, {}, described).ok());
  cri::ListPodSandboxMetricsResponse response;
  REQUIRE(Ask(cluster.server.runtime, &RuntimeStub::ListPodSandboxMetrics, {}, response).ok());
  const auto labels = [&](const cri::Metric& metric) {
    std::map<std::string, std::string> named;
    for (const auto& descriptor : described.descriptors()) {
      if (descriptor.name() != metric.name()) continue;
      for (int i = 0; i < metric.label_values_size(); ++i)
        named[descriptor.label_keys(i)] = metric.label_values(i);
    }
    return named;
  };
  std::map<std::string, std::map<std::string, std::string>> found;  // by id
  for (const auto& pod : response.pod_metrics()) {
    found[pod.pod_sandbox_id()] = labels(pod.metrics(0));
    for (const auto& container : pod.container_metrics())
      found[container.container_id()] = labels(container.metrics(0));
  }
  using Labels = std::map<std::string, std::string>;
  const auto expected = [](const std::string& id, const char* name, const char* image,
                           const char* container) {
    return Labels{{"id", id},   {"name", name},          {"image", image}, {"container", container},
                  {"pod", "a"}, {"namespace", "default"}};
  };
  CHECK(found.at(cluster.a) == expected(cluster.a, "a", "", ""));
  CHECK(found.at(created.container_id()) == expected(created.container_id(), "named", "busybox:1", "named"));
}

TEST_CASE("images: list, status, pull, remove, file system") {
  TestServer server;
  const std::string busybox = "docker.io/library/busybox:latest";
  cri::ImageStatusRequest status_request;
  status_request.mutable_image()->set_image(busybox);
  status_request.set_verbose(true);
  cri::ImageStatusResponse status;
  REQUIRE(Ask(server.image, &ImageStub::ImageStatus, status_request, status).ok());
  CHECK(status.image().uid().value() == 1000);
  CHECK(status.image().size() == 1234);
  CHECK_THAT(status.info().at("info"), Contains("\"imageSpec\""));
  status_request.mutable_image()->set_image("none:1");
  REQUIRE(Ask(server.image, &ImageStub::ImageStatus, status_request, status).ok());
  CHECK_FALSE(status.has_image());

  cri::PullImageRequest pull;
  pull.mutable_image()->set_image("registry/new:1");
  pull.mutable_auth()->set_username("me");
  pull.mutable_auth()->set_password("secret");
  cri::PullImageResponse pulled;
  REQUIRE(Ask(server.image, &ImageStub::PullImage, pull, pulled).ok());
  CHECK(server.images.last_auth()->password == "secret");
  cri::ListImagesRequest list_request;
  list_request.mutable_filter()->mutable_image()->set_image("registry/new:1");
  cri::ListImagesResponse list;
  REQUIRE(Ask(server.image, &ImageStub::ListImages, list_request, list).ok());
  REQUIRE(list.images_size() == 1);
  CHECK(list.images(0).id() == pulled.image_ref());

  cri::RemoveImageRequest remove;
  remove.mutable_image()->set_image(busybox);
  cri::RemoveImageResponse removed;
  CHECK(Ask(server.image, &ImageStub::RemoveImage, remove, removed).ok());
  CHECK(Ask(server.image, &ImageStub::RemoveImage, remove, removed).ok());
  remove.mutable_image()->clear_image();
  CHECK(Ask(server.image, &ImageStub::RemoveImage, remove, removed).error_code() ==
        StatusCode::INVALID_ARGUMENT);

  cri::ImageFsInfoResponse filesystem;
  REQUIRE(Ask(server.image, &ImageStub::ImageFsInfo, {}, filesystem).ok());
  CHECK(filesystem.image_filesystems(0).used_bytes().value() == 12345);
  CHECK(filesystem.container_filesystems(0).fs_id().mountpoint() == "/");
}

}  // namespace
}  // namespace jobpod
