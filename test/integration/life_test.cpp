// A pod's whole life, as every client leads it.
#include "test/integration/suite.hpp"

namespace jobpod::test {

TEST_CASE("a pod lives, runs a container of a pulled image and goes away") {
  CriClient& client = SharedDaemon().client();
  const cri::PodSandboxConfig config = [] {
    cri::PodSandboxConfig pod = HostProcessPod("life", SharedDaemon().logs() + "/life");
    (*pod.mutable_labels())["app"] = "life";
    (*pod.mutable_annotations())["note"] = "as given";
    return pod;
  }();
  const std::string pod = client.RunPod(config);
  const cri::PodSandboxStatus ready = client.StatusOfPod(pod);
  CHECK(ready.state() == cri::SANDBOX_READY);
  CHECK(ready.metadata().uid() == config.metadata().uid());
  CHECK(ready.created_at() > 0);
  CHECK(ready.labels().at("app") == "life");
  CHECK(ready.annotations().at("note") == "as given");
  CHECK(ready.linux().namespaces().options().network() == cri::NODE);

  const std::string container = client.Create(pod, config, Busybox("echo hello; exit 7"));
  CHECK(client.StatusOf(container).state() == cri::CONTAINER_CREATED);
  client.Start(container);
  const cri::ContainerStatus ended = client.Ended(container);
  CHECK(ended.exit_code() == 7);
  CHECK(ended.reason() == "Error");
  CHECK(ended.created_at() <= ended.started_at());
  CHECK(ended.started_at() <= ended.finished_at());
  CHECK(ended.log_path() == SharedDaemon().logs() + "/life/main.log");
  CHECK(LogText(ended.log_path()) == "hello\n");
  CHECK(ended.image_id() == Image("busybox"));
  CHECK(!ended.image_ref().empty());

  client.StopPod(pod);
  client.StopPod(pod);
  CHECK(client.StatusOfPod(pod).state() == cri::SANDBOX_NOTREADY);
  client.RemovePod(pod);
  client.RemovePod(pod);
  CHECK_CODE(NOT_FOUND, client.StatusOfPod(pod));
  CHECK_CODE(NOT_FOUND, client.StatusOf(container));
}

TEST_CASE("a container keeps running while others come and go in its pod") {
  Pod pod;
  const std::string stays = pod.Start(Busybox("echo up; exec sleep 1000"));
  for (int i = 0; i < 3; ++i) CHECK(RunScript(pod, "exit 0").status.reason() == "Completed");
  CHECK(pod.client().StatusOf(stays).state() == cri::CONTAINER_RUNNING);
  pod.client().Stop(stays, 0);
  pod.client().Stop(stays, 0);
  CHECK(pod.client().StatusOf(stays).exit_code() == 137);
  pod.client().Remove(stays);
  pod.client().Remove(stays);
  CHECK_CODE(NOT_FOUND, pod.client().StatusOf(stays));
}

TEST_CASE("a running container is removed by force, a stopped pod's containers too") {
  Pod pod;
  const std::string running = pod.Start(Busybox("echo pid=$$; exec sleep 1000"));
  REQUIRE(pod.Says(running, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(running)), "pid");
  pod.client().Remove(running);
  CHECK(Eventually([&] { return !Alive(pid); }));
  const std::string other = pod.Start(Busybox("exec sleep 1000"));
  pod.client().StopPod(pod.id());
  CHECK(pod.client().StatusOf(other).state() == cri::CONTAINER_EXITED);
  CHECK_CODE(FAILED_PRECONDITION, pod.Create(Busybox("true")));
}

TEST_CASE("a container is started once") {
  Pod pod;
  const Ran ran = RunScript(pod, "true");
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Start(ran.id));
}

TEST_CASE("names are taken until their owner is gone") {
  Pod pod;
  CHECK_CODE(ALREADY_EXISTS, pod.client().RunPod(pod.config()));
  cri::ContainerConfig container = Busybox("exec sleep 1000");
  container.mutable_metadata()->set_name("same");
  const std::string id = pod.client().Create(pod.id(), pod.config(), container);
  CHECK_CODE(ALREADY_EXISTS, pod.client().Create(pod.id(), pod.config(), container));
  pod.client().Remove(id);
  pod.client().Remove(pod.client().Create(pod.id(), pod.config(), container));
}

TEST_CASE("exit codes and signals are told as the shell does") {
  Pod pod;
  CHECK(RunScript(pod, "exit 0").status.reason() == "Completed");
  CHECK(RunScript(pod, "exit 255").status.exit_code() == 255);
  const cri::ContainerStatus killed = RunScript(pod, "kill -9 $$").status;
  CHECK(killed.exit_code() == 137);
  CHECK(killed.reason() == "Error");
  CHECK(RunScript(pod, "kill -SEGV $$").status.exit_code() == 139);
}

}  // namespace jobpod::test
