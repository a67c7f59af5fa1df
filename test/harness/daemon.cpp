#include "test/harness/daemon.hpp"

#include <csignal>
#include <filesystem>

#include "base/text.hpp"
#include "test/harness/http_page.hpp"
#include "test/harness/processes.hpp"

namespace jobpod::test {
namespace {

using Runtime = cri::RuntimeService::Stub;

constexpr const char* kConfig =
    "[streaming]\naddress = \"127.0.0.1:0\"\n"
    "[http]\naddress = \"127.0.0.1:0\"\n";

}  // namespace

Daemon::Daemon(const std::string& config) {
  std::filesystem::create_directories(logs());
  Spill(directory_ / "config.toml", Concat("version = 1\n", config, "\n", kConfig));
  Start();
}

Daemon::~Daemon() {
  RemoveEverything();
  Terminate();
}

std::vector<std::string> Daemon::Command() const {
  return {Program("jobpodd"),
          "--config",
          directory_ / "config.toml",
          "--root",
          directory_ / "root",
          "--state",
          directory_ / "state",
          "--address",
          address()};
}

void Daemon::Launch() {
  process_ = Process(Command(), log_file());
  client_ = std::make_unique<CriClient>(address());
}

void Daemon::Start() {
  Launch();
  const bool ready = Eventually([&] { return !process_.Running() || client_->Connects(Milliseconds(3000)); },
                                Milliseconds(20'000));
  if (!ready || !process_.Running()) SetUpFailed("jobpodd did not start:\n" + LogTail());
}

bool Daemon::Terminate() {
  process_.Signal(SIGTERM);
  return process_.Wait(Milliseconds(15'000)) == 0;
}

void Daemon::Restart() {
  Kill();
  Start();
}

std::vector<std::string> Daemon::RemoveEverything() {
  std::vector<std::string> problems;
  try {
    const auto pods = client_->Call(&Runtime::ListPodSandbox, cri::ListPodSandboxRequest());
    for (const auto& pod : pods.items()) {
      const grpc::Status status = Outcome([&] {
        client_->StopPod(pod.id());
        client_->RemovePod(pod.id());
      });
      if (!status.ok())
        problems.push_back(Concat("pod ", pod.metadata().name(), ": ", status.error_message()));
    }
  } catch (const RpcFailed& failed) {
    problems.push_back(failed.what());
  }
  return problems;
}

std::vector<pid_t> Daemon::Shims() const {
  return ProcessesWith("jobpod-shim", directory_.path());
}

std::string Daemon::LogTail(size_t lines) const {
  const std::string text = Slurp(log_file());
  size_t start = text.size();
  for (size_t line = 0; line <= lines && start != std::string::npos && start > 0; ++line)
    start = text.rfind('\n', start - 1);
  return text.substr(start == std::string::npos ? 0 : start);
}

// The port is a free one, told in the log when the daemon is ready.
double Daemon::Metric(const std::string& name) const {
  const std::string log = Slurp(log_file());
  const size_t at = log.rfind("http port ");
  if (at == std::string::npos) return -1;
  const std::string page = HttpPage(static_cast<uint16_t>(atoi(log.c_str() + at + 10)), "/metrics");
  const size_t sample = page.find("\n" + name + " ");
  return sample == std::string::npos ? -1 : atof(page.c_str() + sample + name.size() + 2);
}

}  // namespace jobpod::test
