// What only job objects do.
#include <windows.h>

#include <csignal>

#include "base/handle_windows.hpp"
#include "runtime/job_signal_windows.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {
namespace {

Handle Own(const Spawned& spawned) {
  return Handle(reinterpret_cast<HANDLE>(spawned.process_handle));
}

DWORD ExitCode(const Handle& process) {
  REQUIRE(WaitForSingleObject(process.get(), 60'000) == WAIT_OBJECT_0);
  DWORD code = 0;
  REQUIRE(GetExitCodeProcess(process.get(), &code));
  return code;
}

TEST_CASE("A killed process exits with 137, and a signalled one ends") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  Handle killed = Own(Take(job->Spawn(host.Plan(Deed::kWait), {})));
  REQUIRE_OK(job->Terminate());
  CHECK(ExitCode(killed) == 137);
  Handle signalled = Own(Take(job->Spawn(host.Plan(Deed::kWait), {})));
  REQUIRE_OK(job->Signal(SIGTERM));
  const DWORD code = ExitCode(signalled);
  CHECK((code == 0xC000013A || code == 0));  // Windows' code for Ctrl-C; Wine's for what ends itself
  Handle done = Own(Take(job->Spawn(host.Plan(Deed::kExit), {})));
  CHECK(ExitCode(done) == 0);
}

TEST_CASE("No more processes are started than the limit allows, and it can be raised") {
  JobFixture host("host");
  if (!host.Has("pids")) return;
  Limits limits;
  limits.set_pids(6);
  auto job = Take(host.jobs().Create(host.root(), limits));
  std::vector<Handle> started;
  Status refused;
  // A program may come with a console host, so it is between 3 and 6 programs.
  while (refused.ok() && started.size() < 7) {
    auto spawned = job->Spawn(host.Plan(Deed::kWait), {});
    refused = spawned.status();
    if (spawned.ok()) started.push_back(Own(*spawned));
    CHECK(Take(job->Processes()).size() <= 6);
  }
  CAPTURE(refused.ToString());
  CHECK(absl::IsResourceExhausted(refused));
  limits.set_pids(40);
  REQUIRE_OK(job->UpdateLimits(limits));
  Own(Take(job->Spawn(host.Plan(Deed::kWait), {})));
}

TEST_CASE("A tree dies with the last handle to its job") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  Handle process = Own(Take(job->Spawn(host.Plan(Deed::kDaemonize), {})));
  CHECK(ExitCode(process) == 0);
  const std::vector<int32_t> left = Take(job->Processes());
  REQUIRE(CountPrograms(left) == 1);
  const Handle daemon(OpenProcess(SYNCHRONIZE, FALSE, static_cast<DWORD>(left.front())));
  REQUIRE(daemon);
  job.reset();
  CHECK(WaitForSingleObject(daemon.get(), 60'000) == WAIT_OBJECT_0);
}

TEST_CASE("Signals are the console events that programs know") {
  CHECK(ConsoleEventFor(SIGINT) == CTRL_C_EVENT);
  CHECK(ConsoleEventFor(3) == CTRL_BREAK_EVENT);
  CHECK(ConsoleEventFor(1) == CTRL_BREAK_EVENT);
  CHECK(ConsoleEventFor(SIGTERM) == CTRL_SHUTDOWN_EVENT);
  CHECK(ConsoleEventFor(28) == CTRL_SHUTDOWN_EVENT);
}

TEST_CASE("What this system's job objects lack is named") {
  JobFixture host("host");
  const JobSystem& system = host.jobs().system();
  CHECK(system.mode == "job-object");
  CHECK(system.kernel_tree_kill);
  // Four in all: pids, memory, cpu, io.
  CHECK(system.controllers.size() + system.missing.size() == 4);
  for (const std::string& sentence : system.missing) WARN(sentence);
}

}  // namespace
}  // namespace jobpod
