// What a job has used, from files that stay open between samples.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/status.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_system.hpp"

namespace jobpod {

// The files of one controller. `buffer` is for reading into.
class UsageSource {
 public:
  virtual ~UsageSource() = default;
  // Adds what they tell to a sample. False when they cannot be read.
  virtual bool Add(JobUsage& usage, std::string& buffer, UsageDetail detail) = 0;
};

std::unique_ptr<UsageSource> MemoryUsageV1(const std::string& directory);
std::unique_ptr<UsageSource> CpuUsageV1(const std::string& directory);  // cpuacct
std::unique_ptr<UsageSource> ThrottleUsageV1(const std::string& directory);
std::unique_ptr<UsageSource> IoUsageV1(const std::string& directory);
std::unique_ptr<UsageSource> MemoryUsageV2(const std::string& directory);
std::unique_ptr<UsageSource> CpuUsageV2(const std::string& directory);
std::unique_ptr<UsageSource> IoUsageV2(const std::string& directory);
std::unique_ptr<UsageSource> PressureV2(const std::string& directory);
std::unique_ptr<UsageSource> PidsUsage(const std::string& directory);

// Thread-safe.
class UsageReader {
 public:
  // `system` outlives the reader.
  UsageReader(const CgroupSystem& system, const std::string& job);

  // NotFound when the job is gone.
  StatusOr<JobUsage> Read(UsageDetail detail);

 private:
  void CountProcesses(JobUsage& usage);
  void AddNested(JobUsage& usage);

  const CgroupSystem& system_;
  const std::string job_;
  const std::string directory_;  // in the tracker
  std::mutex mutex_;
  // Guarded by mutex_.
  Fd directory_handle_;
  KeptFile processes_;
  std::vector<std::unique_ptr<UsageSource>> sources_;
  std::vector<std::unique_ptr<UsageSource>> full_sources_;  // asked for kFull only
  std::string buffer_;
};

// How many processes of the job and of its nested jobs the memory limit has killed.
uint64_t ReadOomKills(const CgroupSystem& system, const std::string& job);

}  // namespace jobpod
