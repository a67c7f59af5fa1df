// Jobs in memory, for tests of what stands above them. Programs do what the test has told beforehand;
// nothing of the operating system is used, so `process_handle` is always -1. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "runtime/job.hpp"

namespace jobpod {

// What a program does, found by its argv[0].
struct FakeProgram {
  uint64_t descendants = 0;  // processes it leaves in the job (daemons, fork bombs); limits.pids bounds them
  bool exits = false;        // the first process ends at once; descendants stay
  bool ignores_signals = false;  // all but a kill
  uint64_t cpu_ns = 0;
  uint64_t memory_bytes = 0;  // above the limit of its job or a parent: killed by it
};

class FakeJobs : public Jobs {
 public:
  FakeJobs();
  ~FakeJobs() override;

  // Makes `name` startable. A program that is not there fails Spawn with NotFound.
  void AddProgram(const std::string& name, FakeProgram program);

  // Ends one process, as if by itself.
  void Exit(int32_t pid);

  const JobSystem& system() const override;
  StatusOr<std::unique_ptr<Job>> Create(const std::string& name, const Limits& limits) override;
  StatusOr<std::unique_ptr<Job>> Open(const std::string& name) override;
  std::vector<std::string> Children(const std::string& name) const override;

 private:
  struct Tree;
  class FakeJob;
  std::shared_ptr<Tree> tree_;
};

}  // namespace jobpod
