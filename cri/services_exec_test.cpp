// Calls that wait: time-outs, cancellation, events.
#include <thread>

#include "cri/test_server.hpp"

namespace jobpod {
namespace {

using grpc::StatusCode;

// Polls with a bound; the tests below fail at it, they never pass by it.
template <typename Condition>
bool Eventually(const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct Running {
  TestServer server;
  std::string pod = server.RunPod("web");
  std::string id = server.Create(pod, "main");
  Running() { server.Start(id); }

  cri::ExecSyncRequest Exec(const std::string& command, int64_t timeout = 0) const {
    cri::ExecSyncRequest request;
    request.set_container_id(id);
    request.add_cmd(command);
    request.set_timeout(timeout);
    return request;
  }
  StatusCode Code(const cri::ExecSyncRequest& request) {
    cri::ExecSyncResponse response;
    return Ask(server.runtime, &RuntimeStub::ExecSync, request, response).error_code();
  }
};

TEST_CASE("ExecSync answers both streams and the exit code") {
  Running running;
  cri::ExecSyncResponse response;
  REQUIRE(Ask(running.server.runtime, &RuntimeStub::ExecSync, running.Exec("hello"), response).ok());
  CHECK(response.stdout() == "hello");
  CHECK(response.stderr() == "to stderr");
  CHECK(response.exit_code() == 3);
}

TEST_CASE("ExecSync output always fits a message") {
  Running running;
  cri::ExecSyncResponse response;
  const auto status = Ask(running.server.runtime, &RuntimeStub::ExecSync, running.Exec("flood"), response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  CHECK(response.stdout().size() > (15u << 20));
  CHECK(response.ByteSizeLong() < (16u << 20));
}

TEST_CASE("ExecSync refuses bad requests and reports its time-out") {
  Running running;
  cri::ExecSyncRequest nothing;
  nothing.set_container_id(running.id);
  CHECK(running.Code(nothing) == StatusCode::INVALID_ARGUMENT);
  CHECK(running.Code(running.Exec("x", -1)) == StatusCode::INVALID_ARGUMENT);
  CHECK(running.Code(running.Exec(std::string("a\0b", 3))) == StatusCode::INVALID_ARGUMENT);
  CHECK(running.Code(running.Exec("block", 1)) == StatusCode::DEADLINE_EXCEEDED);
  CHECK(running.server.pods.stopped_execs() == 0);
}

TEST_CASE("a client that goes away stops its exec and its pull") {
  Running running;
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
    cri::ExecSyncResponse response;
    CHECK_FALSE(running.server.runtime->ExecSync(&context, running.Exec("block"), &response).ok());
    CHECK(Eventually([&] { return running.server.pods.stopped_execs() == 1; }));
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  cri::PullImageRequest request;
  request.mutable_image()->set_image("blocked/image:1");
  cri::PullImageResponse response;
  CHECK_FALSE(running.server.image->PullImage(&context, request, &response).ok());
  CHECK(Eventually([&] { return running.server.images.stopped_pulls() == 1; }));
  CHECK(Eventually([&] { return running.server.finished("PullImage", StatusCode::CANCELLED) == 1; }));
}

TEST_CASE("events come in order, each with the pod and its containers of that moment") {
  TestServer server;
  grpc::ClientContext context;
  auto reader = server.runtime->GetContainerEvents(&context, cri::GetEventsRequest());
  reader->WaitForInitialMetadata();  // subscribed
  const auto pod = server.RunPod("web");
  const auto id = server.Create(pod, "main");
  server.Start(id);
  REQUIRE(server.pods.StopContainer(id, {}).ok());
  REQUIRE(server.pods.RemoveContainer(id).ok());
  const std::vector<std::pair<std::string, cri::ContainerEventType>> expected = {
      {pod, cri::CONTAINER_CREATED_EVENT},
      {id, cri::CONTAINER_CREATED_EVENT},
      {id, cri::CONTAINER_STARTED_EVENT},
      {id, cri::CONTAINER_STOPPED_EVENT},
      {id, cri::CONTAINER_DELETED_EVENT}};
  cri::ContainerEventResponse event;
  for (const auto& [subject, type] : expected) {
    REQUIRE(reader->Read(&event));
    CHECK(event.container_id() == subject);
    CHECK(event.container_event_type() == type);
    CHECK(event.created_at() > 0);
    CHECK(event.pod_sandbox_status().id() == pod);
    const bool alive = subject == id && type != cri::CONTAINER_DELETED_EVENT;
    CHECK(event.containers_statuses_size() == (alive ? 1 : 0));
  }
  context.TryCancel();
  CHECK_FALSE(reader->Read(&event));
  CHECK(reader->Finish().error_code() == StatusCode::CANCELLED);
  CHECK(Eventually([&] { return server.finished("GetContainerEvents", StatusCode::CANCELLED) == 1; }));
}

TEST_CASE("a reader that does not keep up is told to list anew") {
  TestServer server;
  grpc::ClientContext context;
  auto reader = server.runtime->GetContainerEvents(&context, cri::GetEventsRequest());
  reader->WaitForInitialMetadata();
  const auto pod = server.RunPod("web");
  auto event = std::make_shared<Event>();
  event->kind = EventKind::kCreated;
  event->id = std::string(50'000, 'e');  // fills the socket soon
  for (int i = 0; i < 3000; ++i) server.pods.events().Publish(event);
  cri::ContainerEventResponse response;
  int received = 0;
  while (reader->Read(&response)) ++received;
  CHECK(received < 3000);
  CHECK(reader->Finish().error_code() == StatusCode::RESOURCE_EXHAUSTED);
}

TEST_CASE("shutting the server down ends event streams") {
  grpc::ClientContext context;
  cri::ContainerEventResponse event;
  auto server = std::make_unique<TestServer>();
  auto stub = std::move(server->runtime);
  auto reader = stub->GetContainerEvents(&context, cri::GetEventsRequest());
  reader->WaitForInitialMetadata();
  server.reset();
  CHECK_FALSE(reader->Read(&event));
  CHECK_FALSE(reader->Finish().ok());
}

}  // namespace
}  // namespace jobpod
