// The contract of job.hpp, against every kind of job there is on this host and against the fake.
#include <boost/asio/io_context.hpp>
#include <csignal>

#include "runtime/job_test_support.hpp"

namespace jobpod {
namespace {

std::string EverySystem() {
  return GENERATE(as<std::string>(), "host", "v1", "v2", "fake");
}

// Starts and gives the pid; the handle is closed.
int32_t Start(Job& job, const LaunchPlan& plan) {
  Spawned spawned = Take(job.Spawn(plan, {}));
  CloseProcess(spawned);
  REQUIRE(spawned.pid > 0);
  return spawned.pid;
}

bool Contains(const Job& job, int32_t pid) {
  auto pids = job.Processes();
  return pids.ok() && std::find(pids->begin(), pids->end(), pid) != pids->end();
}

size_t Count(const Job& job) {
  auto pids = job.Processes();
  return pids.ok() ? CountPrograms(*pids) : 0;
}

#define FIXTURE(name)                       \
  const std::string system = EverySystem(); \
  CAPTURE(system);                          \
  JobFixture name(system);                  \
  if (!name.available()) return

TEST_CASE("A program runs inside its job until it is killed") {
  FIXTURE(host);
  auto job = Take(host.jobs().Create(host.root(), {}));
  CHECK(job->name() == host.root());
  CHECK(job->Empty());
  int32_t pid = Start(*job, host.Plan(Deed::kWait));
  CHECK(Contains(*job, pid));
  CHECK_FALSE(job->Empty());
  REQUIRE_OK(job->Terminate());
  CHECK(Eventually([&] { return job->Empty(); }));
  REQUIRE_OK(job->Remove());
  CHECK(Eventually([&] { return host.Gone(); }));
  REQUIRE_OK(job->Remove());
  REQUIRE_OK(job->Terminate());
  CHECK(job->Empty());
}

TEST_CASE("A program that cannot be started leaves nothing") {
  FIXTURE(host);
  auto job = Take(host.jobs().Create(host.root(), {}));
  auto spawned = job->Spawn(host.Plan(Deed::kMissing), {});
  CHECK(absl::IsNotFound(spawned.status()));
  CHECK(job->Empty());
  CHECK(Count(*job) == 0);
  REQUIRE_OK(job->Remove());
  CHECK(Eventually([&] { return host.Gone(); }));
}

TEST_CASE("A daemonized process stays in the job and dies with it") {
  FIXTURE(host);
  auto job = Take(host.jobs().Create(host.root(), {}));
  int32_t first = Start(*job, host.Plan(Deed::kDaemonize));
  REQUIRE(Eventually([&] { return Count(*job) == 1 && !Contains(*job, first); }));
  REQUIRE_OK(job->Signal(SIGTERM));
  CHECK(Count(*job) == 1);  // it ignores this
  REQUIRE_OK(job->Terminate());
  CHECK(Eventually([&] { return job->Empty(); }));
}

TEST_CASE("A signal reaches the tree and ends what does not ignore it") {
  FIXTURE(host);
  auto pod = Take(host.jobs().Create(host.root(), {}));
  auto job = Take(pod->CreateChild("container", JobKind::kLimited, {}));
  const int signal = GENERATE(SIGTERM, SIGINT);
  CAPTURE(signal);
  Start(*job, host.Plan(Deed::kWait));
  Start(*job, host.Plan(Deed::kWait));
  REQUIRE(Eventually([&] { return Count(*pod) == 2; }));
  REQUIRE_OK(pod->Signal(signal));
  CHECK(Eventually([&] { return pod->Empty(); }));
  REQUIRE_OK(pod->Signal(signal));
}

TEST_CASE("A fork bomb stays within the limit on processes and is gone after Terminate") {
  FIXTURE(host);
  if (!host.Has("pids")) return;
  if (system == "host" && !HostSurvivesStorms()) return;
  Limits limits;
  limits.set_pids(50);
  auto job = Take(host.jobs().Create(host.root(), limits));
  Start(*job, host.Plan(Deed::kBomb));
  REQUIRE(Eventually([&] { return Count(*job) >= 30; }));
  CHECK(Count(*job) <= 50);
  REQUIRE_OK(job->Terminate());
  CHECK(Eventually([&] { return job->Empty(); }));
  REQUIRE_OK(job->Remove());
  CHECK(Eventually([&] { return host.Gone(); }));
}

TEST_CASE("A tree that forks faster than it dies is gone after Terminate") {
  FIXTURE(host);
  if (system == "host" && !HostSurvivesStorms()) return;
  LetKernelReap ends;
  auto job = Take(host.jobs().Create(host.root(), {}));
  Start(*job, host.Plan(Deed::kChase));
  REQUIRE(Eventually([&] { return Count(*job) >= 20; }));
  REQUIRE_OK(job->Terminate());
  CHECK(Eventually([&] { return job->Empty(); }));
  CHECK(Count(*job) == 0);
  REQUIRE_OK(job->Remove());
  CHECK(Eventually([&] { return host.Gone(); }));
}

TEST_CASE("Jobs nest: each is killed with what is inside it, and nothing else") {
  FIXTURE(host);
  auto pod = Take(host.jobs().Create(host.root(), {}));
  auto first = Take(pod->CreateChild("first", JobKind::kLimited, {}));
  auto second = Take(pod->CreateChild("second", JobKind::kLimited, {}));
  auto exec = Take(first->CreateChild("exec", JobKind::kExec, {}));
  int32_t in_first = Start(*first, host.Plan(Deed::kWait));
  int32_t in_second = Start(*second, host.Plan(Deed::kWait));
  int32_t in_exec = Start(*exec, host.Plan(Deed::kWait));
  CHECK(Contains(*pod, in_exec));
  CHECK(Contains(*first, in_exec));
  CHECK_FALSE(Contains(*second, in_exec));
  CHECK(Eventually([&] { return Count(*pod) == 3; }));
  CHECK(Eventually(
      [&] { return Take(pod->Usage(UsageDetail::kFull)).processes == Take(pod->Processes()).size(); }));
  auto children = host.jobs().Children(host.root());
  std::sort(children.begin(), children.end());
  CHECK(children == std::vector<std::string>{"first", "second"});

  REQUIRE_OK(exec->Terminate());
  CHECK(Eventually([&] { return exec->Empty(); }));
  CHECK(Contains(*first, in_first));
  REQUIRE_OK(exec->Remove());
  Start(*Take(first->CreateChild("exec", JobKind::kExec, {})), host.Plan(Deed::kWait));
  REQUIRE_OK(first->Terminate());
  CHECK(Eventually([&] { return first->Empty(); }));
  CHECK(Contains(*second, in_second));
  CHECK(absl::IsFailedPrecondition(pod->Remove()));
  REQUIRE_OK(pod->Terminate());
  CHECK(Eventually([&] { return pod->Empty(); }));
  REQUIRE_OK(pod->Remove());
  CHECK(Eventually([&] { return host.Gone(); }));
}

TEST_CASE("A job is found again by name, and an empty leftover is taken over") {
  FIXTURE(host);
  CHECK(absl::IsNotFound(host.jobs().Open(host.root()).status()));
  auto job = Take(host.jobs().Create(host.root(), {}));
  int32_t pid = Start(*job, host.Plan(Deed::kWait));
  auto again = Take(host.jobs().Open(host.root()));
  CHECK(Contains(*again, pid));
  CHECK(absl::IsAlreadyExists(host.jobs().Create(host.root(), {}).status()));
  REQUIRE_OK(again->Terminate());
  REQUIRE(Eventually([&] { return job->Empty(); }));
  auto fresh = Take(host.jobs().Create(host.root(), {}));
  CHECK(Take(fresh->Usage(UsageDetail::kFull)).processes == 0);
}

TEST_CASE("Going over the memory limit kills, counts and tells") {
  FIXTURE(host);
  if (!host.Has("memory")) return;
  boost::asio::io_context io;
  auto pod = Take(host.jobs().Create(host.root(), {}));
  auto job = Take(pod->CreateChild("container", JobKind::kLimited, MemoryLimit(16 << 20)));
  int hits = 0;
  REQUIRE_OK(job->Watch(io, {.memory_limit_hit = [&] { ++hits; }}));
  CHECK(job->OomKills() == 0);
  Start(*job, host.Plan(Deed::kEat));
  CHECK(Eventually([&] {
    io.poll();
    return hits > 0 && job->OomKills() > 0;
  }));
  CHECK(Eventually([&] { return job->Empty(); }));
  CHECK(pod->OomKills() > 0);
  CHECK(Take(job->Usage(UsageDetail::kFull)).oom_kills == job->OomKills());
  CHECK(Take(pod->Usage(UsageDetail::kFull)).oom_kills == pod->OomKills());
}

TEST_CASE("Becoming empty is told, also after a daemon has outlived the first process") {
  FIXTURE(host);
  boost::asio::io_context io;
  auto job = Take(host.jobs().Create(host.root(), {}));
  int told = 0;
  REQUIRE_OK(job->Watch(io, {.became_empty = [&] { ++told; }}));
  CHECK_FALSE(job->Watch(io, {}).ok());
  int32_t first = Start(*job, host.Plan(Deed::kDaemonize));
  REQUIRE(Eventually([&] { return Count(*job) == 1 && !Contains(*job, first); }));
  io.poll();
  CHECK(told == 0);
  REQUIRE_OK(job->Terminate());
  CHECK(Eventually([&] {
    io.restart();
    io.poll();
    return told > 0;
  }));
  REQUIRE_OK(job->Remove());
  job.reset();
  io.restart();
  io.poll();
}

TEST_CASE("Limits change while the job runs, and bad ones are refused") {
  FIXTURE(host);
  if (!host.Has("memory")) return;
  auto job = Take(host.jobs().Create(host.root(), MemoryLimit(64 << 20)));
  CHECK(Take(job->Usage(UsageDetail::kFull)).memory_limit_bytes == 64u << 20);
  Start(*job, host.Plan(Deed::kWait));
  for (int64_t limit : {128 << 20, 32 << 20}) {
    REQUIRE_OK(job->UpdateLimits(MemoryLimit(limit)));
    CHECK(Take(job->Usage(UsageDetail::kFull)).memory_limit_bytes == static_cast<uint64_t>(limit));
  }
  CHECK(absl::IsInvalidArgument(job->UpdateLimits(MemoryLimit(-7)).status()));
  CHECK(absl::IsInvalidArgument(host.jobs().Create(host.root() + "-bad", MemoryLimit(-7)).status()));
  CHECK_FALSE(host.jobs().Open(host.root() + "-bad").ok());
}

TEST_CASE("Burnt CPU time is counted") {
  FIXTURE(host);
  auto pod = Take(host.jobs().Create(host.root(), {}));
  auto job = Take(pod->CreateChild("container", JobKind::kLimited, {}));
  Start(*job, host.Plan(Deed::kBurn));
  CHECK(Eventually([&] { return Take(job->Usage(UsageDetail::kFull)).cpu_ns >= 90'000'000; }));
  JobUsage usage = Take(pod->Usage(UsageDetail::kFull));
  CHECK(usage.cpu_ns >= 90'000'000);
  CHECK(usage.processes >= 1);
  CHECK(usage.timestamp > 0);
}

TEST_CASE("The system says what it is") {
  FIXTURE(host);
  const JobSystem& described = host.jobs().system();
  CHECK_FALSE(described.mode.empty());
  for (const std::string& sentence : described.missing) CHECK(sentence.size() > 20);
}

}  // namespace
}  // namespace jobpod
