// Containers of the bind layout. What Wine lacks of it, the silo and its filter, is played; the rest is real.
#include "runtime/shim/container.hpp"

#include <catch2/catch.hpp>

#include "base/id.hpp"
#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_windows.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

struct Shim {
  std::shared_ptr<shim::Container> NewContainer(const std::string& id) {
    return std::make_shared<shim::Container>(host, id);
  }
  bool RunUntil(const std::function<bool()>& what) {
    return Eventually([&] {
      io.restart();
      io.poll();
      return what();
    });
  }

  Status filter;
  BindCalls calls{[] { return absl::OkStatus(); }, [](HANDLE) { return absl::OkStatus(); },
                  [this](HANDLE, uint32_t, const std::wstring&, const std::wstring&) { return filter; }};
  std::unique_ptr<Jobs> jobs = MakeWindowsJobs({[this] { return calls; }, Wide(JOBPOD_SHIM_PATH)}).value();
  std::unique_ptr<Job> pod = jobs->Create("jobpod-shim-test-" + NewId().substr(0, 12), {}).value();
  TemporaryDirectory directory;
  boost::asio::io_context io;
  shim::Reaper reaper{io};
  shim::ReadBuffer buffer = shim::ReadBuffer(65536);
  shim::ContainerHost host{io, reaper, buffer, directory.path, 16384, [](const shim::ContainerReport&) {}, {}};
};

LaunchPlan BindPlan(const Words& words) {
  LaunchPlan plan = ProgramPlan(words);
  plan.mutable_mounts()->set_private_namespace(true);
  plan.mutable_mounts()->mutable_root()->set_target("C:\\hpc");
  plan.mutable_mounts()->mutable_root()->set_upper("C:\\upper");
  return plan;
}

}  // namespace

TEST_CASE("A container of the bind layout runs, takes execs and ends with its own code") {
  Shim shim;
  const LaunchPlan plan = BindPlan({"wait"});
  const auto container = shim.NewContainer(plan.id());
  const Status started = container->Start(*shim.pod, plan, SpawnHandles());
  INFO(started.ToString());
  REQUIRE(started.ok());
  const auto place = container->PlaceForExec();
  INFO(place.status().ToString());
  REQUIRE(place.ok());
  const auto exec = place->job->CreateChild("exec", JobKind::kExec, Limits());
  REQUIRE(exec.ok());
  const auto process = (*exec)->Spawn(ProgramPlan({"exit", "6"}), {});
  INFO(process.status().ToString());
  REQUIRE(process.ok());
  const Handle owned(reinterpret_cast<HANDLE>(process->process_handle));
  int code = -1;
  REQUIRE(shim.reaper.Watch(*process, [&](int ended) { code = ended; }).ok());
  CHECK(shim.RunUntil([&] { return code == 6; }));
  container->Kill();
  CHECK(shim.RunUntil([&] { return container->exited(); }));
  CHECK(container->report().exit_code() == 137);
}

TEST_CASE("A container whose files cannot be shown is a StartError, and its job is gone") {
  Shim shim;
  shim.filter = absl::PermissionDeniedError("Access denied (error 5)");
  const LaunchPlan plan = BindPlan({"wait"});
  const auto container = shim.NewContainer(plan.id());
  const Status refused = container->Start(*shim.pod, plan, SpawnHandles());
  CHECK(refused.message() == "failed to bind rootfs to C:\\hpc: failed to bind target \"C:\\hpc\" to root \"C:\\upper\" "
                             "for job object: Access denied (error 5)");
  CHECK(container->exited());
  CHECK(container->report().reason() == "StartError");
  CHECK(container->report().exit_code() == 128);
  CHECK(container->report().message() == Message(refused));
  CHECK(absl::IsNotFound(shim.jobs->Open(shim.pod->name() + "/" + plan.id()).status()));
}

TEST_CASE("A shim without the bind filter says so") {
  if (SystemBindCalls().available().ok()) {
    WARN("this system has the bind filter: not tested");
    return;
  }
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  const LaunchPlan plan = shim.WithLog(BindPlan({"exit", "0"}));
  const auto started = shim.Start(plan);
  INFO(started.status().ToString());
  CHECK(absl::IsUnimplemented(started.status()));
  CHECK(Message(started.status()).find("bindfltapi.dll") != std::string::npos);
  CHECK(shim.Jobs() == 1);
}

TEST_CASE("The end of a process is heard, whatever the handle that it was handed over by allows") {
  Shim shim;
  STARTUPINFOW startup{};
  startup.cb = sizeof startup;
  PROCESS_INFORMATION born{};
  std::wstring line = L"cmd.exe /c exit 3";
  REQUIRE(CreateProcessW(nullptr, line.data(), nullptr, nullptr, FALSE, CREATE_NO_WINDOW, nullptr, nullptr, &startup, &born));
  const Handle thread(born.hThread), process(born.hProcess);
  const Handle weak(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, born.dwProcessId));
  REQUIRE(weak);
  int code = -1;
  const Spawned spawned{static_cast<int32_t>(born.dwProcessId), reinterpret_cast<intptr_t>(weak.get())};
  REQUIRE(shim.reaper.Watch(spawned, [&](int exit_code) { code = exit_code; }).ok());
  CHECK(shim.RunUntil([&] { return code != -1; }));
  CHECK(code == 3);
}
