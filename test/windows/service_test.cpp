// jobpodd.exe as a service: the real service control manager starts, stops and removes it. Pods do not notice.
#include "cri/service_handle_windows.hpp"

#include <filesystem>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

constexpr Milliseconds kBound(20'000);

// The service "jobpod" on directories of its own, whatever a case leaves of it.
class Service {
 public:
  // What a broken-off run has left would be started with the node, on its own directories.
  Service() {
    Command({"remove"});
    std::filesystem::create_directories(directory_ / "logs");
  }
  ~Service() { Command({"remove"}); }

  CommandResult Command(std::vector<std::string> words) const {
    words.insert(words.begin(), {Program("jobpodd"), "service"});
    return RunCommand(words);
  }
  CommandResult Install(const std::string& root) const {
    return Command({"install", "--root", root, "--state", directory_ / "state", "--log-file", directory_ / "jobpodd.log",
                    "--address", address(), "--http-address", "off"});
  }
  CommandResult Install() const { return Install(directory_ / "root"); }

  std::string address() const {
    return "npipe:////./pipe/" + std::filesystem::path(directory_.path()).filename().string();
  }
  std::string operator/(const std::string& name) const { return directory_ / name; }
  std::vector<pid_t> Shims() const { return ProcessesWith("jobpod-shim", directory_.path()); }

  bool Installed() const { return Opened() != nullptr; }
  bool Start() const { return StartServiceW(Opened().get(), 0, nullptr); }
  bool Stop() const {
    SERVICE_STATUS ignored{};
    return ControlService(Opened().get(), SERVICE_CONTROL_STOP, &ignored);
  }
  SERVICE_STATUS Status() const {
    SERVICE_STATUS status{};
    QueryServiceStatus(Opened().get(), &status);
    return status;
  }
  bool Becomes(DWORD state) const {
    return Eventually([&] { return Status().dwCurrentState == state; }, kBound);
  }

 private:
  static ServiceHandle Opened() {
    const ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, SC_MANAGER_CONNECT));
    return ServiceHandle(OpenServiceW(manager.get(), L"jobpod", SERVICE_START | SERVICE_STOP | SERVICE_QUERY_STATUS));
  }

  TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a service is installed with its options, started, stopped and removed, and pods go on") {
  const Service service;
  const CommandResult installed = service.Install();
  INFO(installed.output);
  REQUIRE(installed.exit_code == 0);
  CHECK(service.Install().exit_code == 0);  // changes the one that is there
  REQUIRE(service.Start());
  REQUIRE(service.Becomes(SERVICE_RUNNING));
  CriClient client(service.address());
  REQUIRE(client.Connects(kBound));
  const std::string pod = client.RunPod(HostProcessPod("of-a-service", service / "logs"));
  CHECK(service.Shims().size() == 1);

  REQUIRE(service.Stop());
  REQUIRE(service.Becomes(SERVICE_STOPPED));
  CHECK(service.Status().dwWin32ExitCode == NO_ERROR);
  CHECK(service.Shims().size() == 1);

  REQUIRE(service.Start());
  REQUIRE(client.Connects(kBound));
  CHECK(client.StatusOfPod(pod).state() == cri::SANDBOX_READY);
  client.StopPod(pod);
  client.RemovePod(pod);
  const CommandResult removed = service.Command({"remove"});  // while it runs
  INFO(removed.output);
  CHECK(removed.exit_code == 0);
  CHECK(Eventually([&] { return !service.Installed(); }));
  CHECK(ProcessesWith("jobpodd", service.address()).empty());
  CHECK(service.Command({"remove"}).exit_code == 0);  // nothing to do
}

TEST_CASE("a service that cannot start tells the manager that it failed") {
  const Service service;
  Spill(service / "file", "");
  REQUIRE(service.Install(service / "file\\root").exit_code == 0);
  REQUIRE(service.Start());
  REQUIRE(service.Becomes(SERVICE_STOPPED));
  CHECK(service.Status().dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR);
  CHECK(service.Status().dwServiceSpecificExitCode == 1);
}

TEST_CASE("a service that is still starting is stopped and removed") {
  const Service service;
  REQUIRE(service.Install().exit_code == 0);
  REQUIRE(service.Start());  // comes back before the daemon is ready
  const CommandResult removed = service.Command({"remove"});
  INFO(removed.output);
  CHECK(removed.exit_code == 0);
  CHECK(Eventually([&] { return !service.Installed(); }));
  CHECK(ProcessesWith("jobpodd", service.address()).empty());
}

TEST_CASE("what the service manager runs is refused in a console") {
  const CommandResult result = RunCommand({Program("jobpodd"), "service", "run"});
  INFO(result.output);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.output, Catch::Contains("in a console use jobpodd.exe alone"));
}

}  // namespace jobpod::test
