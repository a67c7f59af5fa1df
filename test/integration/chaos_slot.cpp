#include "test/integration/chaos_slot.hpp"

#include <filesystem>
#include <sstream>

#include "base/text.hpp"
#include "test/harness/configs.hpp"

namespace jobpod::test {
namespace {

using Runtime = cri::RuntimeService::Stub;

// The daemon was away: the step is tried again.
bool Away(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::CANCELLED ||
         status.error_message().find("Socket closed") != std::string::npos;
}

std::string PodOf(CriClient& client, const std::string& uid) {
  const auto pods = client.Call(&Runtime::ListPodSandbox, cri::ListPodSandboxRequest());
  for (const auto& pod : pods.items())
    if (pod.metadata().uid() == uid) return pod.id();
  return "";
}

std::string ContainerOf(CriClient& client, const std::string& pod) {
  cri::ListContainersRequest request;
  request.mutable_filter()->set_pod_sandbox_id(pod);
  const auto containers = client.Call(&Runtime::ListContainers, request);
  return containers.containers_size() ? containers.containers(0).id() : "";
}

}  // namespace

void Findings::Add(const std::string& finding) {
  std::lock_guard lock(mutex_);
  list_.push_back(finding);
}

void Findings::Know(const std::string& id) {
  std::lock_guard lock(mutex_);
  ids_.insert(id);
}

std::vector<std::string> Findings::list() const {
  std::lock_guard lock(mutex_);
  return list_;
}

std::set<std::string> Findings::ids() const {
  std::lock_guard lock(mutex_);
  return ids_;
}

Slot::Slot(std::string image, std::string logs, Findings& findings, int number)
    : image_(std::move(image)),
      logs_(std::move(logs)),
      findings_(findings),
      number_(number),
      random_(static_cast<unsigned>(number) * 7919 + 1) {}

bool Slot::Empty() const {
  std::lock_guard lock(mutex_);
  return config_.metadata().uid().empty();
}

bool Slot::MarkHit(const std::string& shim_command, Hit hit) {
  std::lock_guard lock(mutex_);
  if (pod_.empty() || judged_ || hit_ != Hit::kNone || shim_command.find(pod_) == std::string::npos)
    return false;
  hit_ = hit;
  return true;
}

void Slot::Complain(const std::string& what) {
  findings_.Add(Concat("pod ", config_.metadata().name(), " (", pod_.substr(0, 12), "): ", what));
}

bool Slot::Step(CriClient& client, bool closing) {
  std::lock_guard lock(mutex_);
  if (config_.metadata().uid().empty()) {
    if (closing) return true;
    Begin();
  }
  const grpc::Status status = Outcome([&] {
    if (!judged_ && !started_) Make(client);
    if (!judged_ && started_) Watch(client);
    if (judged_) RemoveIt(client);
  });
  if (Away(status)) return false;
  if (!status.ok()) Refused(status);
  return true;
}

// A pod whose shim is gone or stopped may refuse; it must still be removable.
void Slot::Refused(const grpc::Status& status) {
  const auto now = std::chrono::steady_clock::now();
  if (hit_ == Hit::kNone) {
    if (now - since_ < std::chrono::seconds(90)) return;
    Complain(Concat("stuck: ", status.error_message()));
    since_ = now;
  }
  judged_ = true;
}

void Slot::Begin() {
  const std::string name = Concat("chaos-", number_, "-", round_++);
  config_ = HostProcessPod(name, Concat(logs_, "/", name));
  code_ = static_cast<int>(random_() % 100);
  lines_ = 20 + static_cast<int>(random_() % 200);
  pod_.clear();
  container_.clear();
  started_ = judged_ = false;
  hit_ = Hit::kNone;
  log_size_ = 0;
  since_ = std::chrono::steady_clock::now();
}

void Slot::Make(CriClient& client) {
  if (pod_.empty()) {
    pod_ = PodOf(client, config_.metadata().uid());
    if (pod_.empty()) pod_ = client.RunPod(config_);
    findings_.Know(pod_);
  }
  if (container_.empty()) container_ = ContainerOf(client, pod_);
  if (container_.empty())
    container_ = client.Create(
        pod_, config_,
        Script(image_, Concat("i=0; while [ $i -lt ", lines_,
                              " ]; do echo line $i; i=$((i+1)); usleep 50000; done; exit ", code_)));
  findings_.Know(container_);
  if (client.StatusOf(container_).state() == cri::CONTAINER_CREATED) client.Start(container_);
  started_ = true;
  since_ = std::chrono::steady_clock::now();  // its own time, not that of the daemons that were away
}

void Slot::Watch(CriClient& client) {
  const cri::ContainerStatus status = client.StatusOf(container_);
  if (status.state() == cri::CONTAINER_EXITED) {
    Judge(status);
    judged_ = true;
  } else if (hit_ == Hit::kStopped) {
    client.Stop(container_, 0);
    if (client.StatusOf(container_).state() != cri::CONTAINER_EXITED)
      Complain("its shim is stopped, and StopContainer came back before it was EXITED");
    judged_ = true;
  } else if (!GrowsOn(status.log_path()) && std::chrono::steady_clock::now() - since_ > std::chrono::seconds(120)) {
    Complain(Concat("has not ended, and writes nothing: ", status.ShortDebugString()));
    judged_ = true;
  }
}

// A busy machine may hold a program up for minutes; as long as it writes, it runs.
bool Slot::GrowsOn(const std::string& log) {
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(log, error);
  if (error || size == log_size_) return false;
  log_size_ = size;
  since_ = std::chrono::steady_clock::now();
  return true;
}

void Slot::Judge(const cri::ContainerStatus& status) {
  const bool right = status.exit_code() == code_;
  if (!right && hit_ == Hit::kNone)
    Complain(Concat("ended with ", status.exit_code(), " (", status.reason(), ": ", status.message(),
                    "), but its program with ", code_));
  if (!right && hit_ != Hit::kNone && status.exit_code() != 255 && status.exit_code() != 137)
    Complain(Concat("its shim was hit, and its code is ", status.exit_code()));
  JudgeLog(status.log_path(), hit_ == Hit::kNone && right);
}

void Slot::JudgeLog(const std::string& path, bool whole) {
  std::istringstream text(Slurp(path));
  int expected = 0;
  for (std::string line; std::getline(text, line); ++expected)
    if (line.find(Concat(" stdout F line ", expected)) == std::string::npos) {
      if (whole) Complain(Concat("log line ", expected, " is: ", line));
      return;
    }
  if (whole && expected != lines_) Complain(Concat("its log has ", expected, " of ", lines_, " lines"));
}

void Slot::RemoveIt(CriClient& client) {
  if (pod_.empty()) pod_ = PodOf(client, config_.metadata().uid());
  if (!pod_.empty()) {
    client.StopPod(pod_);
    client.RemovePod(pod_);
  }
  config_.Clear();
  ++findings_.finished;
}

}  // namespace jobpod::test
