// What only cgroups have: where a process is born, the order of limit files, what is moved and when.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/file_linux.hpp"
#include "base/scope_exit.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_system.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {
namespace {

LaunchPlan Run(const std::string& what) {
  LaunchPlan plan;
  plan.add_argv(JOB_TEST_PROGRAM);
  plan.add_argv(what);
  plan.add_executables(JOB_TEST_PROGRAM);
  return plan;
}

// What the program writes before it ends.
std::string Output(Job& job, const LaunchPlan& plan) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  Fd read_end(ends[0]), write_end(ends[1]);
  SpawnHandles handles;
  handles.standard_output = write_end.get();
  Spawned spawned = Take(job.Spawn(plan, handles));
  Fd pidfd(static_cast<int>(spawned.process_handle));
  write_end.Reset();
  std::string text = Take(ReadAll(read_end.get(), 1 << 16, "output"));
  CHECK(waitpid(spawned.pid, nullptr, 0) == spawned.pid);
  return text;
}

int32_t Start(Job& job, const LaunchPlan& plan) {
  Spawned spawned = Take(job.Spawn(plan, {}));
  Fd pidfd(static_cast<int>(spawned.process_handle));
  return spawned.pid;
}

// The group of `controller` ("" = v2) in a /proc/PID/cgroup.
std::string GroupIn(std::string_view text, std::string_view controller) {
  std::string_view line;
  while (NextPiece(text, '\n', line)) {
    std::string_view number, names, name;
    if (!NextPiece(line, ':', number)) continue;
    if (line.starts_with(':') && controller.empty()) return std::string(line.substr(1));
    NextPiece(line, ':', names);
    while (NextPiece(names, ',', name)) {
      if (name == controller) return std::string(line);
    }
  }
  return {};
}

std::string File(std::string_view controller, const std::string& job, std::string_view file) {
  static const CgroupSystem host = Take(DetectCgroupSystem());
  const Hierarchy* hierarchy = host.With(controller);
  REQUIRE(hierarchy != nullptr);
  StatusOr<std::string> text = ReadCgroupFile(Concat(hierarchy->Path(job), "/", file));
  return text.ok() ? *text : Concat("(", Message(text.status()), ")");
}

bool IsV1(std::string_view controller) {
  CgroupSystem host = Take(DetectCgroupSystem());
  const Hierarchy* hierarchy = host.With(controller);
  return hierarchy != nullptr && hierarchy->version == 1;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.ends_with("/" + end);
}

TEST_CASE("A process is born inside every group of its job") {
  const std::string system = GENERATE(as<std::string>(), "host", "v1", "v2");
  CAPTURE(system);
  JobFixture host(system);
  if (!host.available()) return;
  auto job = Take(host.jobs().Create(host.root(), {}));
  std::string groups = Output(*job, Run("cgroups"));
  CAPTURE(groups);
  for (const char* controller : {"memory", "cpu", "cpuacct", "pids"}) {
    if (host.Has(controller) && IsV1(controller)) CHECK(EndsWith(GroupIn(groups, controller), host.root()));
  }
  if (system != "v1") CHECK(EndsWith(GroupIn(groups, ""), host.root()));
  if (system == "v1" && host.Has("freezer")) CHECK(EndsWith(GroupIn(groups, "freezer"), host.root()));
}

TEST_CASE("An exec job has a group for killing only and is charged to its container") {
  const std::string system = GENERATE(as<std::string>(), "host", "v1");
  JobFixture host(system);
  if (!host.available() || !IsV1("memory")) return;
  auto job = Take(host.jobs().Create(host.root(), {}));
  auto exec = Take(job->CreateChild("exec-1", JobKind::kExec, {}));
  std::string groups = Output(*exec, Run("cgroups"));
  CAPTURE(system, groups);
  CHECK(EndsWith(GroupIn(groups, "memory"), host.root()));
  CHECK(EndsWith(GroupIn(groups, "pids"), host.root()));
  CHECK(EndsWith(GroupIn(groups, system == "host" ? "" : "freezer"), host.root() + "/exec-1"));
  CHECK_FALSE(exec->UpdateLimits(MemoryLimit(1 << 20)).ok());
  auto opened = Take(host.jobs().Open(host.root() + "/exec-1"));
  CHECK_FALSE(opened->UpdateLimits(MemoryLimit(1 << 20)).ok());
}

TEST_CASE("Nothing of the parent's signal state is inherited") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, SIGUSR1);
  sigprocmask(SIG_BLOCK, &one, &before);
  auto old = signal(SIGPIPE, SIG_IGN);
  ScopeExit restore([&] {
    sigprocmask(SIG_SETMASK, &before, nullptr);
    signal(SIGPIPE, old);
  });
  CHECK(Output(*job, Run("signals")) == "plain\n");
  sigset_t now;
  sigprocmask(SIG_BLOCK, nullptr, &now);
  CHECK(sigismember(&now, SIGUSR1) == 1);
  CHECK(sigismember(&now, SIGTERM) == 0);
}

TEST_CASE("A job that has lost a group starts nothing") {
  JobFixture host("host");
  if (!IsV1("memory")) return;
  auto job = Take(host.jobs().Create(host.root(), {}));
  CgroupSystem system = Take(DetectCgroupSystem());
  REQUIRE(rmdir(system.With("memory")->Path(host.root()).c_str()) == 0);
  auto spawned = job->Spawn(Run("wait"), {});
  CHECK(absl::IsNotFound(spawned.status()));
  CHECK(Message(spawned.status()).find("has lost its cgroup") != std::string_view::npos);
  CHECK(job->Empty());
}

TEST_CASE("The limit on processes also holds for the first one") {
  JobFixture host("host");
  if (!host.Has("pids")) return;
  Limits limits;
  limits.set_pids(1);
  auto job = Take(host.jobs().Create(host.root(), limits));
  Start(*job, Run("wait"));
  auto second = job->Spawn(Run("wait"), {});
  // v1 lets a joining process in; v2 refuses the fork.
  if (!IsV1("pids")) CHECK(absl::IsResourceExhausted(second.status()));
  if (second.ok()) close(static_cast<int>(second->process_handle));
}

TEST_CASE("Memory and swap limits go up and down together (v1)") {
  JobFixture host("host");
  if (!IsV1("memory")) return;
  auto job = Take(host.jobs().Create(host.root(), {}));
  if (File("memory", host.root(), "memory.memsw.limit_in_bytes").starts_with("(")) return;
  for (auto [memory, both] : {std::pair{64, 64}, {128, 256}, {32, 32}, {48, -1}, {16, 64}}) {
    Limits limits = MemoryLimit(int64_t{memory} << 20);
    limits.set_memory_swap_bytes(both < 0 ? -1 : int64_t{both} << 20);
    CAPTURE(memory, both);
    CHECK(Take(job->UpdateLimits(limits)).empty());
    CHECK(File("memory", host.root(), "memory.limit_in_bytes") == std::to_string(memory << 20));
    std::string sum = File("memory", host.root(), "memory.memsw.limit_in_bytes");
    CHECK((both < 0 ? sum.size() > 15 : sum == std::to_string(both << 20)));
  }
  // Memory alone above the old sum takes the sum along; swap alone below memory is refused.
  REQUIRE_OK(job->UpdateLimits(MemoryLimit(96 << 20)));
  Limits swap;
  swap.set_memory_swap_bytes(1 << 20);
  CHECK(absl::IsInvalidArgument(job->UpdateLimits(swap).status()));
}

TEST_CASE("A memory limit below what is used is refused with the figures") {
  JobFixture host("host");
  if (!host.Has("memory")) return;
  auto job = Take(host.jobs().Create(host.root(), MemoryLimit(64 << 20)));
  LaunchPlan eat = Run("eat");
  eat.add_argv(std::to_string(32 << 20));
  Start(*job, eat);
  REQUIRE(
      Eventually([&] { return Take(job->Usage(UsageDetail::kFull)).rss_bytes.value_or(0) >= 32u << 20; }));
  JobUsage usage = Take(job->Usage(UsageDetail::kFull));
  CHECK(usage.working_set_bytes >= 32u << 20);
  CHECK(usage.page_faults.value_or(0) > 0);
  CHECK(usage.memory_max_usage_bytes.value_or(0) >= usage.memory_bytes);
  auto updated = job->UpdateLimits(MemoryLimit(8 << 20));
  CHECK(absl::IsFailedPrecondition(updated.status()));
  CHECK(Message(updated.status()).find("8388608") != std::string_view::npos);
  CHECK(job->OomKills() == 0);
  CHECK_FALSE(job->Empty());
}

TEST_CASE("CPU limits: quota, period and shares, in any order (v1)") {
  JobFixture host("host");
  if (!IsV1("cpu")) return;
  auto pod = Take(host.jobs().Create(host.root(), {}));
  Limits limits;
  limits.set_cpu_period_us(100'000);
  limits.set_cpu_quota_us(50'000);
  limits.set_cpu_shares(512);
  REQUIRE_OK(pod->UpdateLimits(limits));
  auto job = Take(pod->CreateChild("c", JobKind::kLimited, limits));
  // Half of a shorter period: the old quota would be above the pod's share for a moment.
  limits.set_cpu_period_us(10'000);
  limits.set_cpu_quota_us(5'000);
  REQUIRE_OK(job->UpdateLimits(limits));
  CHECK(File("cpu", host.root() + "/c", "cpu.cfs_quota_us") == "5000");
  CHECK(File("cpu", host.root() + "/c", "cpu.cfs_period_us") == "10000");
  CHECK(File("cpu", host.root() + "/c", "cpu.shares") == "512");
  Limits unlimited;
  unlimited.set_cpu_quota_us(-1);
  REQUIRE_OK(job->UpdateLimits(unlimited));
  CHECK(File("cpu", host.root() + "/c", "cpu.cfs_quota_us") == "-1");
  CHECK(File("cpu", host.root() + "/c", "cpu.shares") == "512");
  Limits bad;
  bad.set_cpu_quota_us(10);
  CHECK(absl::IsInvalidArgument(job->UpdateLimits(bad).status()));
}

TEST_CASE("A cpuset that comes later takes the running processes along") {
  JobFixture host("host");
  if (!host.Has("cpuset")) return;
  auto pod = Take(host.jobs().Create(host.root(), {}));
  auto job = Take(pod->CreateChild("c", JobKind::kLimited, {}));
  auto exec = Take(job->CreateChild("e", JobKind::kExec, {}));
  int32_t first = Start(*job, Run("wait"));
  int32_t second = Start(*exec, Run("wait"));
  Limits limits;
  limits.set_cpuset_cpus("0");
  CHECK(Take(job->UpdateLimits(limits)).empty());
  int32_t later = Start(*job, Run("wait"));
  for (int32_t pid : {first, second, later}) {
    std::string status = Take(ReadCgroupFile(Concat("/proc/", pid, "/status")));
    CHECK(status.find("Cpus_allowed_list:\t0\n") != std::string::npos);
  }
  limits.set_cpuset_cpus("zero");
  CHECK(absl::IsInvalidArgument(job->UpdateLimits(limits).status()));
}

TEST_CASE("IO limits name the disk below the root directory") {
  JobFixture host("host");
  std::string device = Take(DetectCgroupSystem()).block_device;
  if (device.empty() || !IsV1("blkio")) return;
  auto job = Take(host.jobs().Create(host.root(), {}));
  Start(*job, Run("wait"));
  Limits limits;
  limits.set_read_bytes_per_second(1 << 20);
  CHECK(Take(job->UpdateLimits(limits)).empty());
  CHECK(File("blkio", host.root(), "blkio.throttle.read_bps_device") == device + " 1048576");
  CHECK(Take(job->Usage(UsageDetail::kFull)).read_bytes.has_value());
}

TEST_CASE("What the system cannot do is named") {
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  Limits limits;
  limits.set_windows_cpu_count(2);
  (*limits.mutable_unified())["memory.high"] = "1000000";
  std::vector<std::string> skipped = Take(job->UpdateLimits(limits));
  size_t expected = IsV1("memory") ? 2 : 1;
  CHECK(skipped.size() == expected);
  (*limits.mutable_unified())["../memory.high"] = "1";
  CHECK(absl::IsInvalidArgument(job->UpdateLimits(limits).status()));
}

TEST_CASE("Huge page limits enable their controller down to the job (v2)") {
  JobFixture host("host");
  CgroupSystem system = Take(DetectCgroupSystem());
  const Hierarchy* hierarchy = system.With("hugetlb");
  if (hierarchy == nullptr || hierarchy->version != 2) return;
  std::string control = hierarchy->root + "/cgroup.subtree_control";
  bool enabled = Take(ReadCgroupFile(control)).find("hugetlb") != std::string::npos;
  {
    JobFixture nested("host");
    auto pod = Take(nested.jobs().Create(nested.root(), {}));
    Limits limits;
    HugepageLimit* page = limits.add_hugepages();
    page->set_page_size("2MB");
    page->set_limit_bytes(4 << 20);
    auto job = Take(pod->CreateChild("c", JobKind::kLimited, limits));
    CHECK(File("hugetlb", job->name(), "hugetlb.2MB.max") == "4194304");
    Start(*job, Run("wait"));
    auto exec = Take(job->CreateChild("e", JobKind::kExec, {}));
    Start(*exec, Run("wait"));
    // A pod whose containers have limits can hold no process of its own, and says so.
    CHECK(absl::IsFailedPrecondition(pod->Spawn(Run("wait"), {}).status()));
  }
  // The host gets its setting back.
  if (!enabled) CHECK(TryWriteCgroupFile(control, "-hugetlb") == 0);
}

TEST_CASE("Names that would lead elsewhere are refused") {
  JobFixture host("host");
  for (const char* name : {"", "/a", "a/", "a//b", "..", "a/../b", ".", "a/.b", "a\nb"}) {
    CAPTURE(name);
    CHECK(absl::IsInvalidArgument(host.jobs().Create(name, {}).status()));
    CHECK(absl::IsInvalidArgument(host.jobs().Open(name).status()));
    CHECK(host.jobs().Children(name).empty());
  }
  auto job = Take(host.jobs().Create(host.root(), {}));
  CHECK(absl::IsInvalidArgument(job->CreateChild("a/b", JobKind::kLimited, {}).status()));
  CHECK(absl::IsInvalidArgument(job->CreateChild("..", JobKind::kLimited, {}).status()));
  // A name the kernel uses for a file.
  CHECK_FALSE(job->CreateChild("cgroup.procs", JobKind::kLimited, {}).ok());
}

}  // namespace
}  // namespace jobpod
