#include "runtime/job_test_support.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "base/id.hpp"
#include "runtime/job_fake.hpp"

namespace jobpod {
namespace {

std::string UniqueRoot() {
  static std::atomic<int> next{0};
  return Concat("jobpod-test-", NewId().substr(0, 8), "-", ++next);
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

std::unique_ptr<Jobs> MakeJobs(const std::string& system) {
  if (system == "fake") return MakeFake();
  return MakeHostJobs(system);
}

}  // namespace

JobFixture::JobFixture(const std::string& system)
    : fake_(system == "fake"), root_(UniqueRoot()), jobs_(MakeJobs(system)) {
  // Orphans come to this process, so that the test can wait for them.
  AdoptOrphans();
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
  const bool has = std::find(all.begin(), all.end(), controller) != all.end();
  if (!has) WARN(jobs_->system().mode << " has no controller for " << controller << ": not tested");
  return has;
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
  return HostHasNothingOf(root_);
}

bool Eventually(const std::function<bool()>& condition) {
  auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  for (;;) {
    ReapEnded();
    if (condition()) return true;
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace jobpod
