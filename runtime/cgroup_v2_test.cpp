// cgroup v2 files, on a directory of plain files that stands for the kernel's: this way every controller
// is tried on hosts that have none of them.
#include <unistd.h>

#include <cstdlib>

#include "base/file.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_limits.hpp"
#include "runtime/job_linux.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {
namespace {

using Files = std::vector<std::pair<const char*, const char*>>;

const Files kGroupFiles = {
    {"cgroup.procs", ""},
    {"cgroup.controllers", "cpu io memory pids"},
    {"cgroup.subtree_control", ""},
    {"cgroup.events", "populated 1\nfrozen 0\n"},
    {"cgroup.kill", ""},
    {"memory.max", "max\n"},
    {"memory.high", "max\n"},
    {"memory.current", "50000000\n"},
    {"memory.peak", "60000000\n"},
    {"memory.stat",
     "anon 20000000\nfile 30000000\nkernel 1000\nfile_mapped 4096\ninactive_file 10000000\n"
     "active_file 20000000\npgfault 77\npgmajfault 3\n"},
    {"memory.events", "low 0\nhigh 0\nmax 5\noom 1\noom_kill 2\noom_group_kill 0\n"},
    {"memory.swap.max", "max\n"},
    {"memory.swap.current", "4096\n"},
    {"cpu.max", "max 100000\n"},
    {"cpu.weight", "100\n"},
    {"cpu.stat",
     "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 10\nnr_throttled 4\n"
     "throttled_usec 900\n"},
    {"cpu.pressure",
     "some avg10=1.50 avg60=0.25 avg300=0.00 total=1234\nfull avg10=0.00 avg60=0.00 "
     "avg300=0.00 total=9\n"},
    {"memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"},
    {"pids.max", "max\n"},
    {"pids.current", "12\n"},
    {"cpuset.cpus", ""},
    {"io.max", ""},
    {"io.stat",
     "8:0 rbytes=100 wbytes=200 rios=3 wios=4 dbytes=0 dios=0\n8:16 rbytes=1 wbytes=2 rios=1 wios=1\n"},
    {"hugetlb.2MB.max", "max\n"},
};

// A tree with the job "pod/container" in it.
class FakeTree {
 public:
  FakeTree() {
    char name[] = "/tmp/jobpod-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    root_ = name;
    for (const char* directory : {"", "/pod", "/pod/container"}) Fill(root_ + directory);
    auto system = Take(MakeCgroupSystem({{2, {"cpuset", "cpu", "io", "memory", "hugetlb", "pids"}, root_}}));
    system.block_device = "8:0";
    jobs_ = MakeLinuxJobs(std::move(system));
    job_ = Take(jobs_->Open("pod/container"));
  }
  ~FakeTree() { CHECK(RemoveTree(root_).ok()); }

  Job& job() { return *job_; }
  Jobs& jobs() { return *jobs_; }
  std::string Read(const std::string& file) { return Take(ReadFile(Concat(root_, "/", file))); }
  void Write(const std::string& file, std::string_view text) {
    REQUIRE(WriteFileAtomic(Concat(root_, "/", file), text).ok());
  }
  std::string Limit(const std::string& file) { return Read("pod/container/" + file); }

 private:
  static void Fill(const std::string& directory) {
    REQUIRE(MakeDirectories(directory).ok());
    for (auto [name, text] : kGroupFiles) REQUIRE(WriteFileAtomic(Concat(directory, "/", name), text).ok());
  }

  std::string root_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<Job> job_;
};

TEST_CASE("v2 limits are written to their files") {
  FakeTree tree;
  Limits limits = MemoryLimit(100'000'000);
  limits.set_memory_swap_bytes(150'000'000);
  limits.set_cpu_period_us(50'000);
  limits.set_cpu_quota_us(25'000);
  limits.set_cpu_shares(1024);
  limits.set_pids(64);
  limits.set_cpuset_cpus("0-1");
  limits.set_read_bytes_per_second(1000);
  limits.set_write_bytes_per_second(2000);
  (*limits.mutable_unified())["memory.high"] = "90000000";
  HugepageLimit* page = limits.add_hugepages();
  page->set_page_size("2MB");
  CHECK(Take(tree.job().UpdateLimits(limits)).empty());
  CHECK(tree.Limit("memory.max") == "100000000");
  CHECK(tree.Limit("memory.swap.max") == "50000000");
  CHECK(tree.Limit("memory.high") == "90000000");
  CHECK(tree.Limit("cpu.max") == "25000 50000");
  CHECK(tree.Limit("cpu.weight") == "39");
  CHECK(tree.Limit("pids.max") == "64");
  CHECK(tree.Limit("cpuset.cpus") == "0-1");
  CHECK(tree.Limit("io.max") == "8:0 rbps=1000 wbps=2000");
  CHECK(tree.Limit("hugetlb.2MB.max") == "0");
}

TEST_CASE("v2 limits change one by one and become unlimited again") {
  FakeTree tree;
  Limits limits;
  limits.set_cpu_quota_us(30'000);
  REQUIRE_OK(tree.job().UpdateLimits(limits));
  CHECK(tree.Limit("cpu.max") == "30000 100000");
  limits.Clear();
  limits.set_cpu_period_us(20'000);
  REQUIRE_OK(tree.job().UpdateLimits(limits));
  CHECK(tree.Limit("cpu.max") == "30000 20000");
  limits.set_cpu_quota_us(-1);
  limits.set_memory_bytes(-1);
  limits.set_memory_swap_bytes(-1);
  limits.set_pids(-1);
  REQUIRE_OK(tree.job().UpdateLimits(limits));
  CHECK(tree.Limit("cpu.max") == "max 20000");
  CHECK(tree.Limit("memory.max") == "max");
  CHECK(tree.Limit("memory.swap.max") == "max");
  CHECK(tree.Limit("pids.max") == "max");
}

TEST_CASE("v2 controllers that are asked for later are enabled from the root down") {
  FakeTree tree;
  Limits limits;
  limits.set_cpuset_cpus("0");
  tree.Write("pod/cgroup.subtree_control", "cpuset memory\n");
  REQUIRE_OK(tree.job().UpdateLimits(limits));
  CHECK(tree.Read("cgroup.subtree_control") == "+cpuset");
  CHECK(tree.Read("pod/cgroup.subtree_control") == "cpuset memory\n");  // on already
  CHECK(tree.Limit("cgroup.subtree_control").empty());                  // exec jobs get none
}

TEST_CASE("v2 shares become a weight") {
  CHECK(WeightFromShares(2) == 1);
  CHECK(WeightFromShares(1024) == 39);
  CHECK(WeightFromShares(262144) == 10000);
}

TEST_CASE("A v2 memory limit below what cannot be given back is refused before the kernel kills") {
  FakeTree tree;
  CHECK(absl::IsFailedPrecondition(tree.job().UpdateLimits(MemoryLimit(15'000'000)).status()));
  CHECK(tree.Limit("memory.max") == "max\n");
  CHECK(tree.job().UpdateLimits(MemoryLimit(25'000'000)).ok());
}

TEST_CASE("v2 swap limits: below memory refused, without swap accounting named") {
  FakeTree tree;
  Limits limits;
  limits.set_memory_swap_bytes(1000);
  tree.Write("pod/container/memory.max", "50000000\n");
  CHECK(absl::IsInvalidArgument(tree.job().UpdateLimits(limits).status()));
  limits.set_memory_swap_bytes(50'000'000);
  REQUIRE_OK(tree.job().UpdateLimits(limits));
  CHECK(tree.Limit("memory.swap.max") == "0");
}

TEST_CASE("v2 usage") {
  FakeTree tree;
  JobUsage usage = Take(tree.job().Usage(UsageDetail::kFull));
  CHECK(usage.cpu_ns == 5'000'000);
  CHECK(usage.cpu_user_ns == 3'000'000);
  CHECK(usage.cfs_throttled_periods == 4);
  CHECK(usage.cfs_throttled_ns == 900'000);
  CHECK(usage.memory_bytes == 50'000'000);
  CHECK(usage.working_set_bytes == 40'000'000);
  CHECK(usage.rss_bytes == 20'000'000);
  CHECK_FALSE(usage.memory_limit_bytes.has_value());
  CHECK(usage.memory_max_usage_bytes == 60'000'000);
  CHECK(usage.memory_failcnt == 5);
  CHECK(usage.page_faults == 77);
  CHECK(usage.swap_bytes == 4096);
  CHECK(usage.threads == 12);
  CHECK(usage.read_bytes == 101);
  CHECK(usage.write_bytes == 202);
  CHECK(usage.reads == 4);
  CHECK(usage.writes == 5);
  CHECK(usage.oom_kills == 2);
  CHECK(tree.job().OomKills() == 2);
  REQUIRE(usage.cpu_pressure.has_value());
  CHECK(usage.cpu_pressure->some.avg10 == Approx(1.5));
  CHECK(usage.cpu_pressure->some.total_us == 1234);
  CHECK(usage.cpu_pressure->full.total_us == 9);
  CHECK(usage.memory_pressure->some.total_us == 5);
  CHECK_FALSE(usage.io_pressure.has_value());
}

TEST_CASE("v2 trees are killed by the kernel") {
  FakeTree tree;
  REQUIRE_OK(tree.job().Terminate());
  CHECK(tree.Limit("cgroup.kill") == "1");
  CHECK(tree.Read("pod/cgroup.kill").empty());
  CHECK_FALSE(tree.job().Empty());
  tree.Write("pod/container/cgroup.events", "populated 0\nfrozen 0\n");
  CHECK(tree.job().Empty());
  CHECK(tree.jobs().Children("pod") == std::vector<std::string>{"container"});
}

TEST_CASE("A v2 job without controllers of its own is an exec job") {
  FakeTree tree;
  tree.Write("pod/container/cgroup.controllers", "");
  auto exec = Take(tree.jobs().Open("pod/container"));
  CHECK(absl::IsFailedPrecondition(exec->UpdateLimits(MemoryLimit(1 << 20)).status()));
}

}  // namespace
}  // namespace jobpod
