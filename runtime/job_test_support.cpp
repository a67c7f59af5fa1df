#include "runtime/job_test_support.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "runtime/cgroup_file_linux.hpp"
#include "runtime/job_fake.hpp"
#include "runtime/job_linux.hpp"

namespace jobpod {
namespace {

std::string UniqueRoot() {
  static std::atomic<int> next{0};
  return Concat("jobpod-test-", getpid(), "-", ++next);
}

const char* NameOf(Deed deed) {
  constexpr const char* kNames[] = {"wait", "exit", "daemonize", "bomb", "chase", "burn", "eat", "missing"};
  return kNames[static_cast<int>(deed)];
}

std::unique_ptr<Jobs> MakeFake() {
  auto fake = std::make_unique<FakeJobs>();
  fake->AddProgram("wait", {});
  fake->AddProgram("exit", {.exits = true});
  fake->AddProgram("daemonize", {.descendants = 1, .exits = true, .ignores_signals = true});
  fake->AddProgram("bomb", {.descendants = 100, .ignores_signals = true});
  fake->AddProgram("chase", {.descendants = 40, .ignores_signals = true});
  fake->AddProgram("burn", {.cpu_ns = 100'000'000});
  fake->AddProgram("eat", {.memory_bytes = kEatenBytes});
  return fake;
}

// Only one part of the host's hierarchies, as if the other were not mounted.
std::unique_ptr<Jobs> MakePart(int version) {
  CgroupSystem host = Take(DetectCgroupSystem());
  std::erase_if(host.hierarchies, [&](const Hierarchy& h) { return h.version != version; });
  StatusOr<CgroupSystem> part = MakeCgroupSystem(host.hierarchies);
  if (!part.ok()) return nullptr;
  part->block_device = host.block_device;
  return MakeLinuxJobs(*std::move(part));
}

std::unique_ptr<Jobs> MakeJobs(const std::string& system) {
  if (system == "fake") return MakeFake();
  if (system == "host") return Take(SystemJobs());
  return MakePart(system == "v1" ? 1 : 2);
}

}  // namespace

JobFixture::JobFixture(const std::string& system)
    : fake_(system == "fake"), root_(UniqueRoot()), jobs_(MakeJobs(system)) {
  // Orphans come to this process, so that the test can wait for them.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

JobFixture::~JobFixture() {
  if (!jobs_) return;
  StatusOr<std::unique_ptr<Job>> left = jobs_->Open(root_);
  if (!left.ok()) return;
  CHECK((*left)->Terminate().ok());
  CHECK(Eventually([&] { return (*left)->Empty() && (*left)->Remove().ok(); }));
}

bool JobFixture::Has(const std::string& controller) const {
  const auto& all = jobs_->system().controllers;
  return std::find(all.begin(), all.end(), controller) != all.end();
}

LaunchPlan JobFixture::Plan(Deed deed) const {
  LaunchPlan plan;
  plan.set_id("test");
  plan.add_argv(fake_ ? NameOf(deed) : JOB_TEST_PROGRAM);
  plan.add_argv(NameOf(deed));
  if (deed == Deed::kEat) plan.add_argv(std::to_string(kEatenBytes));
  plan.add_executables(deed == Deed::kMissing ? "/nonexistent/program" : JOB_TEST_PROGRAM);
  return plan;
}

bool JobFixture::Gone() const {
  if (jobs_->Open(root_).ok()) return false;
  if (fake_) return true;
  CgroupSystem host = Take(DetectCgroupSystem());
  return std::none_of(host.hierarchies.begin(), host.hierarchies.end(),
                      [&](const Hierarchy& hierarchy) { return CgroupExists(hierarchy.Path(root_)); });
}

bool Eventually(const std::function<bool()>& condition) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (;;) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace jobpod
