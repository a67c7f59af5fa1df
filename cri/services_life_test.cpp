// The life of pods and containers through the wire.
#include <thread>

#include "cri/test_server.hpp"

namespace jobpod {
namespace {

using Catch::Matchers::Contains;
using grpc::StatusCode;

cri::ContainerStatus StatusOf(TestServer& server, const std::string& id) {
  cri::ContainerStatusRequest request;
  request.set_container_id(id);
  cri::ContainerStatusResponse response;
  REQUIRE(Ask(server.runtime, &RuntimeStub::ContainerStatus, request, response).ok());
  return response.status();
}

template <typename Request, typename Response, typename Method>
StatusCode CodeFor(TestServer& server, Method method, const std::string& id) {
  Request request;
  if constexpr (requires { request.set_container_id(id); }) {
    request.set_container_id(id);
  } else {
    request.set_pod_sandbox_id(id);
  }
  Response response;
  return Ask(server.runtime, method, request, response).error_code();
}

#define CODE(rpc, id) (CodeFor<cri::rpc##Request, cri::rpc##Response>(server, &RuntimeStub::rpc, id))

TEST_CASE("version and status say what kubelet checks") {
  TestServer server;
  cri::VersionResponse version;
  REQUIRE(Ask(server.runtime, &RuntimeStub::Version, cri::VersionRequest(), version).ok());
  CHECK(version.version() == "0.1.0");
  CHECK(version.runtime_name() == "jobpod");
  CHECK(version.runtime_version() == "0.1.0");
  CHECK(version.runtime_api_version() == "v1");
  cri::StatusRequest request;
  request.set_verbose(true);
  cri::StatusResponse status;
  REQUIRE(Ask(server.runtime, &RuntimeStub::Status, request, status).ok());
  REQUIRE(status.status().conditions_size() == 2);
  for (const auto& condition : status.status().conditions()) CHECK(condition.status());
  CHECK(status.runtime_handlers_size() == 3);
  CHECK(status.features().supplemental_groups_policy());
  CHECK_FALSE(status.features().mount_options());
  CHECK_THAT(status.info().at("config"), Contains("host-process"));
  CHECK_THAT(status.info().at("host"), Contains("limits on IO are not applied"));
  cri::RuntimeConfigResponse config;
  REQUIRE(Ask(server.runtime, &RuntimeStub::RuntimeConfig, cri::RuntimeConfigRequest(), config).ok());
  CHECK(config.linux().cgroup_driver() == cri::CGROUPFS);
  cri::UpdateRuntimeConfigResponse updated;
  CHECK(Ask(server.runtime, &RuntimeStub::UpdateRuntimeConfig, cri::UpdateRuntimeConfigRequest(), updated)
            .ok());
}

TEST_CASE("before it is ready the daemon answers only what clients probe") {
  TestServer server("host-process", false);
  cri::StatusResponse status;
  REQUIRE(Ask(server.runtime, &RuntimeStub::Status, cri::StatusRequest(), status).ok());
  CHECK_FALSE(status.status().conditions(0).status());
  cri::ImageFsInfoResponse filesystem;
  CHECK(Ask(server.image, &ImageStub::ImageFsInfo, cri::ImageFsInfoRequest(), filesystem).ok());
  cri::RunPodSandboxResponse pod;
  cri::ListContainersResponse list;
  CHECK(Ask(server.runtime, &RuntimeStub::RunPodSandbox, server.Pod("a"), pod).error_code() ==
        StatusCode::UNAVAILABLE);
  CHECK(Ask(server.runtime, &RuntimeStub::ListContainers, cri::ListContainersRequest(), list).error_code() ==
        StatusCode::UNAVAILABLE);
  server.SetReady();
  CHECK(Ask(server.runtime, &RuntimeStub::ListContainers, cri::ListContainersRequest(), list).ok());
  CHECK(server.finished("ListContainers", StatusCode::UNAVAILABLE) == 1);
  CHECK(server.finished("ListContainers", StatusCode::OK) == 1);
}

TEST_CASE("a pod's status echoes what kubelet compares") {
  TestServer server;
  auto run = server.Pod("web");
  (*run.mutable_config()->mutable_annotations())["note"] = "as given";
  run.set_runtime_handler("hostprocess-link");
  cri::RunPodSandboxResponse made;
  REQUIRE(Ask(server.runtime, &RuntimeStub::RunPodSandbox, run, made).ok());
  cri::PodSandboxStatusRequest request;
  request.set_pod_sandbox_id(made.pod_sandbox_id().substr(0, 13));
  request.set_verbose(true);
  cri::PodSandboxStatusResponse response;
  REQUIRE(Ask(server.runtime, &RuntimeStub::PodSandboxStatus, request, response).ok());
  const auto& status = response.status();
  CHECK(status.id() == made.pod_sandbox_id());
  CHECK(status.metadata().uid() == "web-uid");
  CHECK(status.state() == cri::SANDBOX_READY);
  CHECK(status.created_at() > 0);
  CHECK(status.linux().namespaces().options().network() == cri::NODE);
  CHECK(status.network().ip() == "192.0.2.7");
  CHECK(status.network().additional_ips(0).ip() == "2001:db8::7");
  CHECK(status.labels().at("app") == "web");
  CHECK(status.annotations().at("note") == "as given");
  CHECK(status.runtime_handler() == "hostprocess-link");
  CHECK(response.timestamp() > 0);
  const std::string& info = response.info().at("info");
  CHECK_THAT(info, Contains("\"pid\":4711") && Contains("\"log_directory\":\"/var/log/pods/x\""));
}

TEST_CASE("a container goes from CREATED to RUNNING to EXITED to gone") {
  TestServer server;
  const auto pod = server.RunPod("web");
  auto create = server.Container(pod, "main");
  auto* mount = create.mutable_config()->add_mounts();
  mount->set_container_path("c:/dev/termination-log");
  mount->set_host_path("/tmp");
  create.mutable_config()->mutable_linux()->mutable_resources()->set_cpu_shares(100);
  create.mutable_config()->set_stop_signal(cri::SIGNAL_SIGUSR1);
  cri::CreateContainerResponse created;
  REQUIRE(Ask(server.runtime, &RuntimeStub::CreateContainer, create, created).ok());
  const std::string id = created.container_id();

  auto status = StatusOf(server, id.substr(0, 12));
  CHECK(status.id() == id);
  CHECK(status.state() == cri::CONTAINER_CREATED);
  CHECK(status.log_path() == "/var/log/pods/x/main/0.log");
  CHECK(status.mounts(0).container_path() == "c:/dev/termination-log");
  CHECK(status.image().image() == "docker.io/library/busybox:latest");
  CHECK(status.image_id() == "sha256:" + std::string(64, 'a'));
  CHECK_THAT(status.image_ref(), Contains("busybox@sha256:"));
  CHECK(status.resources().linux().cpu_shares() == 100);
  CHECK(status.stop_signal() == cri::SIGNAL_SIGUSR1);
  CHECK_FALSE(status.has_user());

  server.Start(id);
  status = StatusOf(server, id);
  CHECK(status.state() == cri::CONTAINER_RUNNING);
  CHECK(status.user().linux().uid() == 0);
  CHECK(CODE(StartContainer, id) == StatusCode::FAILED_PRECONDITION);

  cri::UpdateContainerResourcesRequest update;
  update.set_container_id(id);
  update.mutable_linux()->set_cpu_shares(500);
  cri::UpdateContainerResourcesResponse updated;
  REQUIRE(Ask(server.runtime, &RuntimeStub::UpdateContainerResources, update, updated).ok());
  CHECK(StatusOf(server, id).resources().linux().cpu_shares() == 500);
  update.mutable_linux()->set_cpu_shares(1);
  CHECK(Ask(server.runtime, &RuntimeStub::UpdateContainerResources, update, updated).error_code() ==
        StatusCode::INVALID_ARGUMENT);

  CHECK(CODE(ReopenContainerLog, id) == StatusCode::OK);
  CHECK(CODE(StopContainer, id) == StatusCode::OK);
  status = StatusOf(server, id);
  CHECK(status.state() == cri::CONTAINER_EXITED);
  CHECK(status.exit_code() == 137);
  CHECK(status.reason() == "Error");
  CHECK(status.message() == "killed");
  CHECK(CODE(StopContainer, id) == StatusCode::OK);
  CHECK(CODE(ReopenContainerLog, id) == StatusCode::FAILED_PRECONDITION);
  CHECK(CODE(RemoveContainer, id) == StatusCode::OK);
  CHECK(CODE(RemoveContainer, id) == StatusCode::OK);
  CHECK(CODE(ContainerStatus, id) == StatusCode::NOT_FOUND);
  CHECK(CODE(StopPodSandbox, pod) == StatusCode::OK);
  CHECK(CODE(RemovePodSandbox, pod) == StatusCode::OK);
  CHECK(CODE(PodSandboxStatus, pod) == StatusCode::NOT_FOUND);
}

TEST_CASE("unknown ids: stop and remove are done already, the others say NotFound") {
  TestServer server;
  const std::string id = "no-such-thing";
  for (const auto code : {CODE(StopContainer, id), CODE(RemoveContainer, id), CODE(StopPodSandbox, id),
                          CODE(RemovePodSandbox, id)}) {
    CHECK(code == StatusCode::OK);
  }
  for (const auto code : {CODE(StartContainer, id), CODE(ContainerStatus, id), CODE(PodSandboxStatus, id),
                          CODE(ContainerStats, id), CODE(PodSandboxStats, id), CODE(ReopenContainerLog, id),
                          CODE(UpdateContainerResources, id), CODE(UpdatePodSandboxResources, id)}) {
    CHECK(code == StatusCode::NOT_FOUND);
  }
  CHECK(CODE(StopContainer, "") == StatusCode::INVALID_ARGUMENT);
  CHECK(CODE(RemovePodSandbox, "") == StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("an ambiguous prefix is refused everywhere") {
  TestServer server;
  server.pods.SetNextId("ab" + std::string(62, '1'));
  const auto first = server.RunPod("one");
  server.pods.SetNextId("ab" + std::string(62, '2'));
  server.RunPod("two");
  server.pods.SetNextId("cd" + std::string(62, '1'));
  const auto container = server.Create(first, "one");
  server.pods.SetNextId("cd" + std::string(62, '2'));
  server.Create(first, "two");
  CHECK(CODE(StopPodSandbox, "ab") == StatusCode::INVALID_ARGUMENT);
  CHECK(CODE(PodSandboxStatus, "ab") == StatusCode::INVALID_ARGUMENT);
  CHECK(CODE(PodSandboxStatus, "ab1") == StatusCode::OK);
  CHECK(CODE(RemoveContainer, "cd") == StatusCode::INVALID_ARGUMENT);
  CHECK(CODE(StartContainer, "cd") == StatusCode::INVALID_ARGUMENT);
  CHECK(CODE(StartContainer, container.substr(0, 3)) == StatusCode::OK);
}

TEST_CASE("what cannot be made says why") {
  TestServer server;
  const auto pod = server.RunPod("web");
  auto create = server.Container(pod, "main");
  create.mutable_config()->mutable_image()->set_image("none:1");
  cri::CreateContainerResponse created;
  auto status = Ask(server.runtime, &RuntimeStub::CreateContainer, create, created);
  CHECK(status.error_code() == StatusCode::NOT_FOUND);
  CHECK_THAT(status.error_message(), Contains("none:1") && Contains("crictl pull none:1"));
  create.mutable_config()->mutable_image()->clear_image();
  CHECK(Ask(server.runtime, &RuntimeStub::CreateContainer, create, created).error_code() ==
        StatusCode::INVALID_ARGUMENT);
  auto plain = server.Pod("plain");
  plain.mutable_config()->clear_windows();
  cri::RunPodSandboxResponse made;
  status = Ask(server.runtime, &RuntimeStub::RunPodSandbox, plain, made);
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK_THAT(status.error_message(), Contains("windows.security_context.host_process"));
  CHECK(Ask(server.runtime, &RuntimeStub::RunPodSandbox, server.Pod("web"), made).error_code() ==
        StatusCode::ALREADY_EXISTS);
  CHECK(server.finished("RunPodSandbox", StatusCode::INVALID_ARGUMENT) == 1);
}

TEST_CASE("limits of a pod reach its job, unless a cgroup parent has them") {
  TestServer server;
  const auto alone = server.RunPod("alone");
  auto run = server.Pod("kubelet");
  run.mutable_config()->mutable_linux()->set_cgroup_parent("/kubepods/pod1");
  cri::RunPodSandboxResponse made;
  REQUIRE(Ask(server.runtime, &RuntimeStub::RunPodSandbox, run, made).ok());
  for (const auto& id : {alone, made.pod_sandbox_id()}) {
    cri::UpdatePodSandboxResourcesRequest request;
    request.set_pod_sandbox_id(id);
    request.mutable_resources()->set_cpu_shares(77);
    cri::UpdatePodSandboxResourcesResponse response;
    CHECK(Ask(server.runtime, &RuntimeStub::UpdatePodSandboxResources, request, response).ok());
  }
  CHECK(server.pods.pod_limits(alone).cpu_shares() == 77);
  CHECK(server.pods.pod_limits(made.pod_sandbox_id()).cpu_shares() == 0);
}

TEST_CASE("what this version does not have says so") {
  TestServer server;
  CHECK(CODE(CheckpointContainer, "x") == StatusCode::UNIMPLEMENTED);
  CHECK(CODE(CheckpointPod, "x") == StatusCode::UNIMPLEMENTED);
  cri::RestorePodResponse response;
  const auto status = Ask(server.runtime, &RuntimeStub::RestorePod, cri::RestorePodRequest(), response);
  CHECK(status.error_code() == StatusCode::UNIMPLEMENTED);
  CHECK_THAT(status.error_message(), Contains("cannot be checkpointed"));
}

}  // namespace
}  // namespace jobpod
