// Bad input: one clear error of the right kind, and nothing half-made stays.
#include <unistd.h>

#include <filesystem>

#include "base/text.hpp"
#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

using Edit = std::function<void(cri::PodSandboxConfig&)>;

void RunPodWith(const Edit& edit, const std::string& handler = "") {
  cri::PodSandboxConfig pod = HostProcessPod("bad", SharedDaemon().logs() + "/bad");
  edit(pod);
  SharedDaemon().client().RunPod(pod, handler);
}

int Pods() {
  return SharedDaemon().client().Call(&Runtime::ListPodSandbox, cri::ListPodSandboxRequest()).items_size();
}

void CreateWith(Pod& pod, const std::function<void(cri::ContainerConfig&)>& edit) {
  cri::ContainerConfig container = Busybox("true");
  container.mutable_metadata()->set_name("bad");
  edit(container);
  pod.client().Create(pod.id(), pod.config(), container);
}

int Containers(Pod& pod) {
  cri::ListContainersRequest request;
  request.mutable_filter()->set_pod_sandbox_id(pod.id());
  return pod.client().Call(&Runtime::ListContainers, request).containers_size();
}

}  // namespace

TEST_CASE("pods that must be refused") {
  const int before = Pods();
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto&) {}, "no-such-handler"));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) {
               pod.clear_windows();
               pod.mutable_linux()->mutable_security_context()->set_privileged(false);
             }));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) { pod.clear_windows(); }, "image-root"));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) { pod.clear_metadata(); }));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) { pod.mutable_metadata()->set_name(""); }));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) { pod.set_log_directory("relative/logs"); }));
  CHECK_CODE(INVALID_ARGUMENT,
             RunPodWith([](auto& pod) { pod.mutable_linux()->set_cgroup_parent("/a/../../b"); }));
  CHECK_CODE(INVALID_ARGUMENT, RunPodWith([](auto& pod) {
               pod.mutable_linux()
                   ->mutable_security_context()
                   ->mutable_namespace_options()
                   ->mutable_userns_options()
                   ->set_mode(cri::POD);
             }));
  CHECK(Pods() == before);
}

TEST_CASE("the refusal of a pod names the field to set") {
  const grpc::Status outcome = Outcome([] { RunPodWith([](auto& pod) { pod.clear_windows(); }); });
  CHECK(outcome.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  INFO(outcome.error_message());
  CHECK(outcome.error_message().find("host_process") != std::string::npos);
}

TEST_CASE("containers that must be refused") {
  Pod pod;
  CHECK_CODE(NOT_FOUND, CreateWith(pod, [](auto& container) {
               container.mutable_image()->set_image("sha256:" + std::string(64, '0'));
             }));
  CHECK_CODE(NOT_FOUND, CreateWith(pod, [](auto& container) {
               container.mutable_image()->set_image("example.test/not/here:1");
             }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) { container.clear_image(); }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) { container.clear_metadata(); }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) { container.set_command(0, ""); }));
  CHECK_CODE(INVALID_ARGUMENT,
             CreateWith(pod, [](auto& container) { container.set_log_path("../../escape.log"); }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) {
               container.mutable_linux()->mutable_security_context()->mutable_run_as_group()->set_value(5);
             }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) {
               container.mutable_linux()->mutable_security_context()->set_privileged(false);
               container.clear_windows();
             }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) {
               container.mutable_linux()->mutable_resources()->set_memory_limit_in_bytes(-5);
             }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [](auto& container) {
               container.mutable_linux()->mutable_resources()->set_cpuset_cpus("not,numbers");
             }));
  CHECK_CODE(NOT_FOUND, SharedDaemon().client().Create(std::string(64, 'a'), pod.config(), Busybox("true")));
  CHECK(Containers(pod) == 0);
}

TEST_CASE("an image without a command needs one") {
  Pod pod;
  CHECK_CODE(INVALID_ARGUMENT, pod.client().Create(pod.id(), pod.config(),
                                                   HostProcessContainer("bare", Image("bare"))));
  CHECK(Containers(pod) == 0);
  CHECK(pod.Run(HostProcessContainer("main", Image("bare"), {kBusybox, "true"})).status.exit_code() == 0);
  CHECK(pod.Run(HostProcessContainer("main", Image("busybox"))).status.exit_code() == 0);  // its own is sh
}

TEST_CASE("mounts that must be refused") {
  Pod pod;
  TemporaryDirectory directory;
  symlink("cycle-b", (directory / "cycle-a").c_str());
  symlink("cycle-a", (directory / "cycle-b").c_str());
  const auto with = [&](const std::string& source, const std::string& target) {
    CreateWith(pod, [&](auto& container) { AddMount(container, source, target); });
  };
  const std::string fine = Concat("/mnt/jobpod-bad-", getpid());
  CHECK_CODE(NOT_FOUND, with(directory / "missing", fine));
  CHECK_CODE(INVALID_ARGUMENT, with(directory / "cycle-a", fine));
  CHECK_CODE(INVALID_ARGUMENT, with(directory.path(), fine + "/../up"));
  CHECK_CODE(INVALID_ARGUMENT, with(directory.path(), "relative/path"));
  CHECK_CODE(INVALID_ARGUMENT, with(directory.path(), "/"));
  CHECK_CODE(INVALID_ARGUMENT, with(directory.path(), ""));
  CHECK_CODE(INVALID_ARGUMENT, with("relative", fine));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [&](auto& container) {
               AddMount(container, directory.path(), fine);
               AddMount(container, directory.path(), fine);
             }));
  CHECK_CODE(INVALID_ARGUMENT, CreateWith(pod, [&](auto& container) {
               AddMount(container, directory.path(), fine, true)->set_recursive_read_only(true);
             }));
  CHECK(!std::filesystem::exists(fine));
  CHECK(Containers(pod) == 0);
}

TEST_CASE("ids that are no ids") {
  CriClient& client = SharedDaemon().client();
  for (const std::string& id : {std::string("../../etc"), std::string("not hex"), std::string(65, 'a')}) {
    INFO(id);
    CHECK_CODE(NOT_FOUND, client.StatusOf(id));
    CHECK_CODE(NOT_FOUND, client.StatusOfPod(id));
    client.Remove(id);
    client.RemovePod(id);
    client.Stop(id, 0);
    client.StopPod(id);
  }
  CHECK_CODE(INVALID_ARGUMENT, client.StatusOf(""));
  CHECK_CODE(INVALID_ARGUMENT, client.StopPod(""));
}

TEST_CASE("a prefix of several ids is ambiguous, not the first of them") {
  std::vector<std::unique_ptr<Pod>> pods;
  std::set<char> seen;
  char twice = 0;
  while (!twice && pods.size() < 17) {
    pods.push_back(std::make_unique<Pod>());
    if (!seen.insert(pods.back()->id()[0]).second) twice = pods.back()->id()[0];
  }
  REQUIRE(twice);
  CHECK_CODE(INVALID_ARGUMENT, SharedDaemon().client().StatusOfPod(std::string(1, twice)));
}

TEST_CASE("a message over 16 MiB is refused and the daemon goes on") {
  CriClient client(SharedDaemon().address());
  cri::PodSandboxConfig pod = HostProcessPod("huge");
  (*pod.mutable_annotations())["huge"] = std::string(17u << 20, 'x');
  CHECK_CODE(RESOURCE_EXHAUSTED, client.RunPod(pod));
  CHECK(SharedDaemon().client().Connects(Milliseconds(2'000)));
}

TEST_CASE("negative timeouts are refused") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  CHECK_CODE(INVALID_ARGUMENT, pod.client().Exec(id, {"true"}, -1));
}

TEST_CASE("a call cancelled in the middle leaves a pod that its retry finds free") {
  CriClient client(SharedDaemon().address());
  const cri::PodSandboxConfig config = HostProcessPod("cancelled", SharedDaemon().logs() + "/cancelled");
  cri::RunPodSandboxRequest request;
  *request.mutable_config() = config;
  for (int i = 0; i < 10; ++i) {
    try {
      client.Call(&Runtime::RunPodSandbox, request, Milliseconds(1 + i));
    } catch (const RpcFailed&) {
    }
  }
  // Whatever the cancelled calls did: the name belongs to one whole pod, or to none.
  std::string id;
  REQUIRE(Eventually([&] {
    cri::ListPodSandboxRequest list;
    const auto pods = client.Call(&Runtime::ListPodSandbox, list);
    for (const auto& pod : pods.items())
      if (pod.metadata().uid() == config.metadata().uid()) id = pod.id();
    if (!id.empty()) return true;
    return Outcome([&] { id = client.RunPod(config); }).ok();
  }));
  CHECK(client.StatusOfPod(id).state() == cri::SANDBOX_READY);
  client.StopPod(id);
  client.RemovePod(id);
}

}  // namespace jobpod::test
