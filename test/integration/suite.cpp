#include "test/integration/suite.hpp"

#include <memory>
#include <mutex>
#include <sstream>

#include "base/text.hpp"

namespace jobpod::test {
namespace {

std::unique_ptr<Daemon>& SharedDaemonSlot() {
  static std::unique_ptr<Daemon> daemon;
  return daemon;
}

// A process that is not in the shared pool of names: case name, pod number.
std::string NextPodName() {
  static int next = 0;
  return Concat("pod-", next++);
}

}  // namespace

const Registry& SharedRegistry() {
  static const Registry registry;
  static std::once_flag filled;
  std::call_once(filled, [] {
    for (const char* tag : {"busybox", "debian", "alpine", "musl", "scripts", "layers", "accounts", "bare"})
      registry.Push(ImageLayout(), tag);
  });
  return registry;
}

Daemon& SharedDaemon() {
  auto& slot = SharedDaemonSlot();
  if (!slot) slot = std::make_unique<Daemon>();
  if (!slot->process().Running()) slot->Start();  // an earlier case crashed it: only that one fails
  return *slot;
}

std::string Image(const std::string& name, Daemon& daemon) {
  return daemon.client().Pull(SharedRegistry().Reference(name));
}

std::string SharedDaemonLog() {
  return SharedDaemonSlot() ? SharedDaemonSlot()->LogTail() : "";
}

void EndSharedDaemon() {
  SharedDaemonSlot().reset();
}

std::vector<LogLine> ReadLog(const std::string& path) {
  std::vector<LogLine> lines;
  std::istringstream text(Slurp(path));
  for (std::string line; std::getline(text, line);) {
    const size_t first = line.find(' '), second = line.find(' ', first + 1),
                 third = line.find(' ', second + 1);
    if (third == std::string::npos) {
      lines.push_back({"", "malformed", "", line});
      continue;
    }
    lines.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1),
                     line.substr(second + 1, third - second - 1), line.substr(third + 1)});
  }
  return lines;
}

std::string LogText(const std::string& path, const std::string& stream) {
  std::string text;
  for (const LogLine& line : ReadLog(path)) {
    if (!stream.empty() && line.stream != stream) continue;
    text += line.text;
    if (line.tag == "F") text += '\n';
  }
  return text;
}

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

Ran Pod::RunScript(const std::string& script) {
  return Run(Busybox(script, daemon_));
}

std::string Pod::Log(const std::string& id) {
  return client().StatusOf(id).log_path();
}

bool Pod::Says(const std::string& id, const std::string& text, Milliseconds bound) {
  const std::string path = Log(id);
  return Eventually([&] { return LogText(path).find(text) != std::string::npos; }, bound);
}

cri::ContainerConfig Busybox(const std::string& script, Daemon& daemon) {
  return Script(Image("busybox", daemon), script);
}

pid_t Reported(const std::string& text, const std::string& name) {
  const size_t at = ("\n" + text).find("\n" + name + "=");
  return at == std::string::npos ? -1 : atoi(text.c_str() + at + name.size() + 1);
}

}  // namespace jobpod::test
