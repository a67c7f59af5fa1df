// Prints what starting and sampling costs: job_bench [host|v1|v2]. Not a test.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/handle_linux.hpp"
#include "runtime/cgroup_system.hpp"
#include "runtime/job_linux.hpp"

namespace jobpod {
namespace {

using Clock = std::chrono::steady_clock;

double Microseconds(Clock::time_point from) {
  return std::chrono::duration<double, std::micro>(Clock::now() - from).count();
}

struct Samples {
  std::vector<double> create, child, spawn, terminate, remove;
};

void Print(const char* what, std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  if (samples.empty()) return;
  printf("  %-22s p50 %7.0f  p90 %7.0f  max %7.0f us\n", what, samples[samples.size() / 2],
         samples[samples.size() * 9 / 10], samples.back());
}

template <typename Value>
Value Must(StatusOr<Value> value) {
  if (value.ok()) return *std::move(value);
  fprintf(stderr, "%s\n", std::string(Message(value.status())).c_str());
  exit(1);
}

LaunchPlan WaitPlan() {
  LaunchPlan plan;
  plan.add_argv("wait");
  plan.add_argv("wait");
  plan.add_executables(JOB_TEST_PROGRAM);
  return plan;
}

void OneRound(Jobs& jobs, JobKind kind, Samples& out) {
  std::string name = Concat("jobpod-test-", getpid());
  auto at = Clock::now();
  auto pod = Must(jobs.Create(name, {}));
  out.create.push_back(Microseconds(at));
  auto parent = kind == JobKind::kExec ? Must(pod->CreateChild("c", JobKind::kLimited, {})) : std::move(pod);
  at = Clock::now();
  auto job = Must(parent->CreateChild("job", kind, {}));
  out.child.push_back(Microseconds(at));
  at = Clock::now();
  Spawned spawned = Must(job->Spawn(WaitPlan(), {}));
  out.spawn.push_back(Microseconds(at));
  Fd handle(static_cast<int>(spawned.process_handle));
  at = Clock::now();
  if (!job->Terminate().ok()) exit(1);
  waitpid(spawned.pid, nullptr, 0);
  out.terminate.push_back(Microseconds(at));
  at = Clock::now();
  if (!job->Remove().ok()) exit(1);
  out.remove.push_back(Microseconds(at));
  if (!Must(jobs.Open(name))->Remove().ok()) exit(1);
}

void Rounds(Jobs& jobs, JobKind kind, const char* title, int count, int idle_ms) {
  Samples samples;
  for (int i = 0; i < count; ++i) {
    if (idle_ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(idle_ms));
    OneRound(jobs, kind, samples);
  }
  printf("%s, %d ms idle before each\n", title, idle_ms);
  Print("Create", samples.create);
  Print("CreateChild", samples.child);
  Print("Spawn", samples.spawn);
  Print("Terminate + wait", samples.terminate);
  Print("Remove", samples.remove);
}

void SampleUsage(Jobs& jobs) {
  std::string name = Concat("jobpod-test-", getpid());
  auto pod = Must(jobs.Create(name, {}));
  auto job = Must(pod->CreateChild("c", JobKind::kLimited, {}));
  Spawned spawned = Must(job->Spawn(WaitPlan(), {}));
  Fd handle(static_cast<int>(spawned.process_handle));
  std::vector<double> container, of_pod;
  for (int i = 0; i < 2000; ++i) {
    auto at = Clock::now();
    Must(job->Usage(UsageDetail::kFull));
    container.push_back(Microseconds(at));
    at = Clock::now();
    Must(pod->Usage(UsageDetail::kFull));
    of_pod.push_back(Microseconds(at));
  }
  printf("Usage\n");
  Print("container", container);
  Print("pod (nested jobs)", of_pod);
  if (!pod->Terminate().ok()) exit(1);
  waitpid(spawned.pid, nullptr, 0);
  if (!pod->Remove().ok()) exit(1);
}

std::unique_ptr<Jobs> JobsOf(std::string_view part) {
  CgroupSystem system = Must(DetectCgroupSystem());
  if (part == "host") return MakeLinuxJobs(std::move(system));
  std::erase_if(system.hierarchies, [&](const Hierarchy& h) { return h.version != (part == "v1" ? 1 : 2); });
  return MakeLinuxJobs(Must(MakeCgroupSystem(system.hierarchies)));
}

}  // namespace
}  // namespace jobpod

int main(int argc, char** argv) {
  using jobpod::JobKind;
  auto jobs = jobpod::JobsOf(argc > 1 ? argv[1] : "host");
  printf("mode %s\n", jobs->system().mode.c_str());
  for (int idle : {0, 200}) {
    int count = idle == 0 ? 200 : 20;
    jobpod::Rounds(*jobs, JobKind::kLimited, "container job", count, idle);
    jobpod::Rounds(*jobs, JobKind::kExec, "exec job", count, idle);
  }
  jobpod::SampleUsage(*jobs);
  return 0;
}
