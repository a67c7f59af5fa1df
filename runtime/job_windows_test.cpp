// What only job objects do.
#include <windows.h>

#include <csignal>

#include "base/handle_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_object_windows.hpp"
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

// Names of jobs can be guessed, and anybody may make an object of a free name.
TEST_CASE("Processors are set for a job while it lives, or named as left out") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  Limits limits;
  limits.set_cpuset_cpus("0");
  const std::vector<std::string> skipped = Take(job->UpdateLimits(limits));
  if (!skipped.empty()) {
    WARN(skipped.front());
    CHECK(skipped.front().starts_with("affinity_cpus: "));
    return;
  }
  const Handle process = Own(Take(job->Spawn(host.Plan(Deed::kWait), {})));
  DWORD_PTR mask = 0, all = 0;
  REQUIRE(GetProcessAffinityMask(process.get(), &mask, &all));
  CHECK(mask == 1);
  REQUIRE_OK(job->Terminate());
}

TEST_CASE("A job object that somebody else has made is not taken for one's own") {
  JobFixture host("host");
  const std::wstring name = L"Global\\" + Wide(host.root());
  auto theirs = Take(Security::Parse(L"O:S-1-5-21-1-2-3-1004D:(A;;GA;;;WD)"));
  SECURITY_ATTRIBUTES attributes = theirs.attributes();
  const Handle squatted(CreateJobObjectW(&attributes, name.c_str()));
  if (!squatted) {
    WARN("this account may not make an object for another owner: not tested");
    return;
  }
  const Status taken = host.jobs().Create(host.root(), {}).status();
  CAPTURE(taken.ToString());
  CHECK(absl::IsPermissionDenied(taken));
  CHECK(absl::IsPermissionDenied(host.jobs().Open(host.root()).status()));
}

TEST_CASE("A job object that is left over is taken again, with its rights set") {
  JobFixture host("host");
  const std::wstring name = L"Global\\" + Wide(host.root());
  auto open = Take(Security::Parse(L"D:(A;;GA;;;WD)"));
  SECURITY_ATTRIBUTES attributes = open.attributes();
  const Handle left(CreateJobObjectW(&attributes, name.c_str()));
  REQUIRE(left);
  REQUIRE_FALSE(CheckWriters(left.get(), "the job").ok());
  const auto job = Take(host.jobs().Create(host.root(), {}));
  CHECK(CheckWriters(left.get(), "the job").ok());
}

TEST_CASE("A process that is not of the job is not signalled, though its number is asked for") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  auto other = Take(host.jobs().Create(host.root() + "-2", {}));
  const Spawned ours = Take(job->Spawn(host.Plan(Deed::kWait), {}));
  const Spawned theirs = Take(other->Spawn(host.Plan(Deed::kWait), {}));
  const Handle our_process = Own(ours), their_process = Own(theirs);
  const Handle object = Take(OpenJobObject(host.root()));
  REQUIRE_OK(RaiseConsoleEvent(object.get(), {theirs.pid, ours.pid}, ConsoleEventFor(SIGTERM)));
  ExitCode(our_process);
  CHECK(WaitForSingleObject(their_process.get(), 0) == WAIT_TIMEOUT);
  REQUIRE_OK(other->Terminate());
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
