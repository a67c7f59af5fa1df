// GetContainerEvents: what happened, with the pod's state at that moment.
#include <mutex>
#include <thread>

#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

// Reads events until it ends.
class Listening {
 public:
  explicit Listening(CriClient& client)
      : reader_(client.runtime().GetContainerEvents(&context_, cri::GetEventsRequest())), thread_([this] {
          cri::ContainerEventResponse event;
          while (reader_->Read(&event)) {
            std::lock_guard lock(mutex_);
            events_.push_back(event);
          }
        }) {}
  ~Listening() { context_.TryCancel(); }

  std::vector<cri::ContainerEventResponse> Of(const std::string& id) {
    std::lock_guard lock(mutex_);
    std::vector<cri::ContainerEventResponse> found;
    for (const auto& event : events_)
      if (event.container_id() == id) found.push_back(event);
    return found;
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<cri::ContainerEventResponse>> reader_;
  std::mutex mutex_;
  std::vector<cri::ContainerEventResponse> events_;
  std::jthread thread_;
};

}  // namespace

TEST_CASE("every step of a pod and its container is an event with their status") {
  CriClient client(SharedDaemon().address());
  Image("busybox");
  Listening events(client);
  // The stream is up once an event of a first pod has come through it.
  REQUIRE(Eventually([&] {
    Pod probe;
    return Eventually([&] { return !events.Of(probe.id()).empty(); }, Milliseconds(500));
  }));
  std::string pod_id, container;
  {
    Pod pod;
    pod_id = pod.id();
    container = RunScript(pod, "exit 3").id;
  }
  REQUIRE(Eventually([&] { return events.Of(container).size() >= 4; }));
  const auto steps = events.Of(container);
  CHECK(steps[0].container_event_type() == cri::CONTAINER_CREATED_EVENT);
  CHECK(steps[1].container_event_type() == cri::CONTAINER_STARTED_EVENT);
  CHECK(steps[2].container_event_type() == cri::CONTAINER_STOPPED_EVENT);
  CHECK(steps[3].container_event_type() == cri::CONTAINER_DELETED_EVENT);
  for (const auto& step : steps) CHECK(step.created_at() > 0);
  CHECK(steps[2].pod_sandbox_status().id() == pod_id);
  REQUIRE(steps[2].containers_statuses_size() == 1);
  CHECK(steps[2].containers_statuses(0).exit_code() == 3);
  CHECK(steps[2].containers_statuses(0).state() == cri::CONTAINER_EXITED);
  CHECK(Eventually([&] { return events.Of(pod_id).size() >= 3; }));
}

}  // namespace jobpod::test
