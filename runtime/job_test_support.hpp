// What the job tests share: the job systems under test, and programs to start in them.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/job.hpp"

namespace jobpod {

// What a started program does. The operating system's jobs run job_test_program, the fake plays it.
enum class Deed { kWait, kExit, kDaemonize, kBomb, kChase, kBurn, kEat, kMissing };

constexpr int64_t kEatenBytes = 256 << 20;

// One job system with a job tree of its own, "jobpod-test-<random>-<n>", that is gone afterwards.
class JobFixture {
 public:
  // "host" = this host's jobs, "v1" and "v2" = only that part of its cgroups, "fake".
  explicit JobFixture(const std::string& system);
  ~JobFixture();

  // False when this host has no such part.
  bool available() const { return jobs_ != nullptr; }
  Jobs& jobs() { return *jobs_; }
  // Says so when it is missing, for then something is not tested.
  bool Has(const std::string& controller) const;
  const std::string& root() const { return root_; }
  LaunchPlan Plan(Deed deed) const;
  // Whether nothing of the job tree is left anywhere.
  bool Gone() const;

 private:
  const bool fake_;
  const std::string root_;
  std::unique_ptr<Jobs> jobs_;
};

// What is different on each system (job_test_host_{linux,windows}.cpp).
std::unique_ptr<Jobs> MakeHostJobs(const std::string& part);  // null when the host has no such part
bool HostHasNothingOf(const std::string& root);
void CloseProcess(const Spawned& spawned);
size_t CountPrograms(const std::vector<int32_t>& pids);  // without what the system puts beside them
bool HostSurvivesStorms();  // of processes started and killed at once; says so when not
void AdoptOrphans();        // they come to this process, so that it can wait for them
void ReapEnded();

// While it lives, ends of children are nobody's business: the kernel reaps them.
class LetKernelReap {
 public:
  LetKernelReap();
  ~LetKernelReap();
  LetKernelReap(const LetKernelReap&) = delete;
  LetKernelReap& operator=(const LetKernelReap&) = delete;

 private:
  [[maybe_unused]] void (*before_)(int) = nullptr;
};

// Waits, at most a minute, and reaps what has ended meanwhile.
bool Eventually(const std::function<bool()>& condition);

inline Limits MemoryLimit(int64_t bytes) {
  Limits limits;
  limits.set_memory_bytes(bytes);
  return limits;
}

#define REQUIRE_OK(expression)            \
  do {                                    \
    auto outcome_ = (expression);         \
    INFO(::jobpod::StatusText(outcome_)); \
    REQUIRE(outcome_.ok());               \
  } while (false)

inline std::string StatusText(const Status& status) {
  return status.ToString();
}
template <typename Value>
std::string StatusText(const StatusOr<Value>& value) {
  return value.status().ToString();
}

// Unwraps, or fails the test with the error.
template <typename Value>
Value Take(StatusOr<Value> value) {
  INFO(StatusText(value));
  REQUIRE(value.ok());
  return *std::move(value);
}

}  // namespace jobpod
