#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/clock.hpp"
#include "runtime/cgroup_tree_linux.hpp"
#include "runtime/cgroup_usage.hpp"

namespace jobpod {
namespace {

using Source = std::unique_ptr<UsageSource>;

using Sources = std::vector<Source>;

void AddV1Sources(const CgroupSystem& system, const std::string& job, Sources& basic, Sources& full) {
  auto add = [&](Sources& out, std::string_view controller, Source (*make)(const std::string&)) {
    const Hierarchy* hierarchy = system.With(controller);
    if (hierarchy == nullptr || hierarchy->version != 1 || !CgroupExists(hierarchy->Path(job))) return;
    out.push_back(make(hierarchy->Path(job)));
  };
  add(basic, "memory", MemoryUsageV1);
  // The v2 hierarchy of a hybrid host counts CPU time without a controller, and costs one file less.
  if (system.Tracker().version == 1) add(basic, "cpuacct", CpuUsageV1);
  add(full, "cpu", ThrottleUsageV1);
  add(full, "pids", PidsUsage);
  add(full, "blkio", IoUsageV1);
}

void AddV2Sources(const CgroupSystem& system, const std::string& job, Sources& basic, Sources& full) {
  if (system.Tracker().version != 2) return;
  std::string directory = system.Tracker().Path(job);
  basic.push_back(CpuUsageV2(directory));
  if (system.description.mode != "v2") return;
  basic.push_back(MemoryUsageV2(directory));
  basic.push_back(PressureV2(directory));
  full.push_back(PidsUsage(directory));
  full.push_back(IoUsageV2(directory));
}

uint64_t CountLines(std::string_view text) {
  if (text.empty()) return 0;
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) + 1;
}

// v1 counts in the group of the killed process only: nested groups are added.
uint64_t OomKillsV1(const std::string& directory) {
  StatusOr<std::string> control = ReadCgroupFile(Concat(directory, "/memory.oom_control"));
  if (!control.ok()) return 0;
  uint64_t kills = FlatKey(*control, "oom_kill").value_or(0);
  for (const std::string& child : CgroupChildren(directory))
    kills += OomKillsV1(Concat(directory, "/", child));
  return kills;
}

}  // namespace

uint64_t ReadOomKills(const CgroupSystem& system, const std::string& job) {
  const Hierarchy* hierarchy = system.With("memory");
  if (hierarchy == nullptr) return 0;
  if (hierarchy->version == 1) return OomKillsV1(hierarchy->Path(job));
  StatusOr<std::string> events = ReadCgroupFile(Concat(hierarchy->Path(job), "/memory.events"));
  return events.ok() ? FlatKey(*events, "oom_kill").value_or(0) : 0;
}

UsageReader::UsageReader(const CgroupSystem& system, const std::string& job)
    : system_(system),
      job_(job),
      directory_(system.Tracker().Path(job)),
      directory_handle_(open(directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
      processes_(Concat(directory_, "/cgroup.procs")) {
  AddV1Sources(system, job, sources_, full_sources_);
  AddV2Sources(system, job, sources_, full_sources_);
}

void UsageReader::CountProcesses(JobUsage& usage) {
  if (auto own = processes_.Read(buffer_)) usage.processes = CountLines(*own);
}

// What the kernel does not sum up itself. A group without nested ones (two links: its name and its dot)
// needs no walk.
void UsageReader::AddNested(JobUsage& usage) {
  struct stat info {};
  if (fstat(directory_handle_.get(), &info) == 0 && info.st_nlink == 2) return;
  StatusOr<std::vector<int32_t>> all = TreeProcesses(directory_);
  if (all.ok()) usage.processes = all->size();
  usage.oom_kills = ReadOomKills(system_, job_);
}

StatusOr<JobUsage> UsageReader::Read(UsageDetail detail) {
  std::lock_guard lock(mutex_);
  JobUsage usage;
  usage.timestamp = NowUnixNanos();
  bool exists = false;
  for (const Source& source : sources_) exists |= source->Add(usage, buffer_, detail);
  if (!exists) return absl::NotFoundError(Concat("the cgroup ", directory_, " is gone"));
  if (detail == UsageDetail::kBasic) return usage;
  CountProcesses(usage);
  for (const Source& source : full_sources_) source->Add(usage, buffer_, detail);
  AddNested(usage);
  return usage;
}

}  // namespace jobpod
