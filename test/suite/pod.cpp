#include "test/suite/pod.hpp"

#include <catch2/catch.hpp>

#include "base/text.hpp"

namespace jobpod::test {
namespace {

// Names are never used twice in a run.
std::string NextPodName() {
  static int next = 0;
  return Concat("pod-", next++);
}

}  // namespace

Pod::Pod(Daemon& daemon, const std::string& handler, const std::function<void(cri::PodSandboxConfig&)>& edit)
    : daemon_(daemon) {
  const std::string name = NextPodName();
  config_ = HostProcessPod(name, Concat(daemon.logs(), "/", name));
  if (edit) edit(config_);
  id_ = client().RunPod(config_, handler);
}

Pod::~Pod() {
  const grpc::Status status = Outcome([&] {
    client().StopPod(id_);
    client().RemovePod(id_);
  });
  if (!status.ok()) {
    const std::string message = Concat("the pod could not be removed: ", status.error_message());
    FAIL_CHECK(message);
  }
}

std::string Pod::Create(cri::ContainerConfig container) {
  const std::string name = Concat("container-", next_++);
  container.mutable_metadata()->set_name(name);
  if (!container.log_path().empty()) container.set_log_path(name + ".log");
  return client().Create(id_, config_, container);
}

std::string Pod::Start(const cri::ContainerConfig& container) {
  const std::string id = Create(container);
  client().Start(id);
  return id;
}

Ran Pod::Run(const cri::ContainerConfig& container, Milliseconds bound) {
  Ran ran;
  ran.id = Start(container);
  ran.status = client().Ended(ran.id, bound);
  ran.out = LogText(ran.status.log_path(), "stdout");
  ran.err = LogText(ran.status.log_path(), "stderr");
  return ran;
}

std::string Pod::Log(const std::string& id) {
  return client().StatusOf(id).log_path();
}

bool Pod::Says(const std::string& id, const std::string& text, Milliseconds bound) {
  const std::string path = Log(id);
  return Eventually([&] { return LogText(path).find(text) != std::string::npos; }, bound);
}

pid_t Reported(const std::string& text, const std::string& name) {
  const size_t at = ("\n" + text).find("\n" + name + "=");
  return at == std::string::npos ? -1 : atoi(text.c_str() + at + name.size() + 1);
}

}  // namespace jobpod::test
