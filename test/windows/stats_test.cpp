// What containers use, and limits that change while they run.
#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {

TEST_CASE("a container's and a pod's usage is told") {
  Pod pod;
  const std::string id = pod.Start(Does("eat 20 + burn 50 + write mine.bin 0123456789 + out done + sleep"));
  REQUIRE(pod.Says(id, "done"));
  cri::ContainerStatsRequest request;
  request.set_container_id(id);
  const auto stats = pod.client().Call(&Runtime::ContainerStats, request).stats();
  INFO(stats.ShortDebugString());
  CHECK(stats.attributes().id() == id);
  CHECK(stats.cpu().usage_core_nano_seconds().value() >= 50'000'000);
  CHECK(stats.memory().working_set_bytes().value() >= 20u << 20);
  CHECK(stats.writable_layer().used_bytes().value() > 3u << 20);  // the image's own files are the container's, too
  cri::PodSandboxStatsRequest of_pod;
  of_pod.set_pod_sandbox_id(pod.id());
  const auto pod_stats = pod.client().Call(&Runtime::PodSandboxStats, of_pod).stats();
  INFO(pod_stats.ShortDebugString());
  CHECK(pod_stats.windows().cpu().usage_core_nano_seconds().value() >= 50'000'000);
  CHECK(pod_stats.windows().memory().working_set_bytes().value() >= 20u << 20);
  // The program and perhaps the console host that the system starts beside it, but no pause process.
  const uint64_t processes = pod_stats.windows().process().process_count().value();
  CHECK((processes == 1 || processes == 2));
  CHECK(pod_stats.windows().containers_size() == 1);
  const auto all = pod.client().Call(&Runtime::ListContainerStats, cri::ListContainerStatsRequest());
  CHECK(all.stats_size() >= 1);
}

TEST_CASE("limits change while a container runs, and its status echoes them") {
  Pod pod;
  cri::ContainerConfig container = Sleeps();
  container.mutable_windows()->mutable_resources()->set_memory_limit_in_bytes(200 << 20);
  const std::string id = pod.Start(container);
  CHECK(pod.client().StatusOf(id).resources().windows().memory_limit_in_bytes() == 200 << 20);
  cri::UpdateContainerResourcesRequest update;
  update.set_container_id(id);
  update.mutable_windows()->set_memory_limit_in_bytes(300 << 20);
  update.mutable_windows()->set_cpu_maximum(5000);
  pod.client().Call(&Runtime::UpdateContainerResources, update);
  const auto echoed = pod.client().StatusOf(id).resources().windows();
  CHECK(echoed.memory_limit_in_bytes() == 300 << 20);
  CHECK(echoed.cpu_maximum() == 5000);
}

TEST_CASE("limits that cannot be are refused in the reference's words") {
  Pod pod;
  cri::ContainerConfig container = Sleeps();
  container.mutable_windows()->mutable_resources()->set_cpu_maximum(20'000);
  const grpc::Status rate = Outcome([&] { pod.Create(container); });
  CHECK(rate.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(rate.error_message(), Catch::Contains("processor rate of"));
  container.mutable_windows()->mutable_resources()->set_cpu_maximum(100);
  container.mutable_windows()->mutable_resources()->set_cpu_shares(100);
  const grpc::Status both = Outcome([&] { pod.Create(container); });
  CHECK(both.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(both.error_message(), Catch::Contains("mutually exclusive"));
}

TEST_CASE("events tell a container's life in order") {
  CriClient client(SharedDaemon().address());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  const auto stream = client.runtime().GetContainerEvents(&context, cri::GetEventsRequest());
  std::string id;
  {
    Pod pod;
    id = pod.Run(Does("exit 3")).id;
    pod.client().Remove(id);
  }
  std::vector<cri::ContainerEventType> kinds;
  cri::ContainerEventResponse event;
  while (kinds.size() < 4 && stream->Read(&event))
    if (event.container_id() == id) kinds.push_back(event.container_event_type());
  context.TryCancel();
  CHECK(kinds == std::vector<cri::ContainerEventType>{cri::CONTAINER_CREATED_EVENT, cri::CONTAINER_STARTED_EVENT,
                                                      cri::CONTAINER_STOPPED_EVENT, cri::CONTAINER_DELETED_EVENT});
}

TEST_CASE("the node tells what it is, and that it is ready") {
  CriClient& client = SharedDaemon().client();
  CHECK(client.Call(&Runtime::Version, cri::VersionRequest()).runtime_name() == "jobpod");
  cri::StatusRequest request;
  request.set_verbose(true);
  const cri::StatusResponse status = client.Call(&Runtime::Status, request);
  for (const auto& condition : status.status().conditions()) {
    INFO(condition.ShortDebugString());
    CHECK((condition.status() || condition.type() == "ContainerdHasNoDeprecationWarnings"));
  }
  CHECK(client.Call(&Images::ImageFsInfo, cri::ImageFsInfoRequest()).image_filesystems_size() >= 1);
  CHECK(Jobpod({"doctor"}).output.find("job") != std::string::npos);
}

}  // namespace jobpod::test
