#include "runtime/job_linux.hpp"

#include <csignal>
#include <mutex>

#include "base/scope_exit.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/cgroup_groups.hpp"
#include "runtime/cgroup_limits.hpp"
#include "runtime/cgroup_spawn_linux.hpp"
#include "runtime/cgroup_tree_linux.hpp"
#include "runtime/cgroup_usage.hpp"
#include "runtime/cgroup_watch_linux.hpp"

namespace jobpod {
namespace {

using System = std::shared_ptr<const CgroupSystem>;

class LinuxJob : public Job {
 public:
  LinuxJob(System system, std::string name, JobKind kind)
      : system_(std::move(system)),
        name_(std::move(name)),
        kind_(kind),
        directory_(system_->Tracker().Path(name_)) {}

  const std::string& name() const override { return name_; }
  StatusOr<std::unique_ptr<Job>> CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                             const MountList& view) override;
  StatusOr<Spawned> Spawn(const LaunchPlan& plan, const SpawnHandles& handles) override;
  StatusOr<std::vector<std::string>> UpdateLimits(const Limits& limits) override;
  StatusOr<std::vector<int32_t>> Processes() const override { return TreeProcesses(directory_); }
  StatusOr<JobUsage> Usage(UsageDetail detail) override;
  uint64_t OomKills() const override { return ReadOomKills(*system_, name_); }
  Status Signal(int signal) override;
  Status Terminate() override { return KillTree(system_->Tracker(), directory_); }
  bool Empty() const override { return TreeEmpty(system_->Tracker(), directory_); }
  Status Watch(boost::asio::io_context& io, JobEvents events) override;
  Status Remove() override;

 private:
  std::shared_ptr<UsageReader> Reader();

  const System system_;
  const std::string name_;
  const JobKind kind_;
  const std::string directory_;  // in the tracker
  std::mutex mutex_;
  std::shared_ptr<UsageReader> reader_;  // guarded by mutex_; made by the first sample
  std::unique_ptr<JobWatch> watch_;
};

StatusOr<std::unique_ptr<Job>> MakeJob(const System& system, const std::string& name, JobKind kind,
                                       const Limits& limits) {
  RETURN_IF_ERROR(CheckLimits(limits));
  RETURN_IF_ERROR(MakeGroups(*system, name, kind));
  ScopeExit undo([&] { RemoveGroups(*system, name).IgnoreError(); });
  // What this host cannot limit is told once, by JobSystem::missing, not for each job.
  Skipped skipped;
  if (kind == JobKind::kLimited) RETURN_IF_ERROR(ApplyLimits(*system, name, limits, skipped));
  undo.Release();
  return std::unique_ptr<Job>(std::make_unique<LinuxJob>(system, name, kind));
}

// The view is its processes' own: each enters it between fork and exec.
StatusOr<std::unique_ptr<Job>> LinuxJob::CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                                     const MountList&) {
  if (id.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(Concat("the job id \"", id, "\" must not have a slash"));
  }
  return MakeJob(system_, Concat(name_, "/", id), kind, limits);
}

StatusOr<Spawned> LinuxJob::Spawn(const LaunchPlan& plan, const SpawnHandles& handles) {
  ASSIGN_OR_RETURN(std::vector<GroupToJoin> groups, GroupsToJoin(*system_, name_, kind_));
  bool v2 = system_->Tracker().version == 2;
  return SpawnInto({name_, v2 ? directory_ : std::string(), std::move(groups)}, plan, handles);
}

StatusOr<std::vector<std::string>> LinuxJob::UpdateLimits(const Limits& limits) {
  if (kind_ == JobKind::kExec) {
    return absl::FailedPreconditionError(
        Concat("job ", name_, " has no limits of its own; change its container's"));
  }
  Skipped skipped;
  RETURN_IF_ERROR(ApplyLimits(*system_, name_, limits, skipped));
  // A limit may have brought a controller whose usage was not read until now.
  std::lock_guard lock(mutex_);
  reader_.reset();
  return skipped;
}

std::shared_ptr<UsageReader> LinuxJob::Reader() {
  std::lock_guard lock(mutex_);
  if (!reader_) reader_ = std::make_shared<UsageReader>(*system_, name_);
  return reader_;
}

StatusOr<JobUsage> LinuxJob::Usage(UsageDetail detail) {
  return Reader()->Read(detail);
}

Status LinuxJob::Signal(int signal) {
  if (signal == SIGKILL) return Terminate();
  Status sent = SignalTree(directory_, signal);
  return absl::IsNotFound(sent) ? absl::OkStatus() : sent;
}

Status LinuxJob::Watch(boost::asio::io_context& io, JobEvents events) {
  if (watch_) return absl::FailedPreconditionError(Concat("job ", name_, " is watched already"));
  ASSIGN_OR_RETURN(watch_, JobWatch::Start(*system_, name_, io, std::move(events)));
  return absl::OkStatus();
}

Status LinuxJob::Remove() {
  return RemoveGroups(*system_, name_);
}

class LinuxJobs : public Jobs {
 public:
  explicit LinuxJobs(CgroupSystem system)
      : system_(std::make_shared<const CgroupSystem>(std::move(system))) {}

  const JobSystem& system() const override { return system_->description; }

  StatusOr<std::unique_ptr<Job>> Create(const std::string& name, const Limits& limits) override {
    return MakeJob(system_, name, JobKind::kLimited, limits);
  }

  StatusOr<std::unique_ptr<Job>> Open(const std::string& name) override {
    RETURN_IF_ERROR(CheckJobName(name));
    if (!CgroupExists(system_->Tracker().Path(name))) {
      return absl::NotFoundError(Concat("there is no job ", name));
    }
    JobKind kind = IsLimitedJob(*system_, name) ? JobKind::kLimited : JobKind::kExec;
    return std::unique_ptr<Job>(std::make_unique<LinuxJob>(system_, name, kind));
  }

  std::vector<std::string> Children(const std::string& name) const override {
    if (!CheckJobName(name).ok()) return {};
    return CgroupChildren(system_->Tracker().Path(name));
  }

 private:
  const std::shared_ptr<const CgroupSystem> system_;
};

}  // namespace

std::unique_ptr<Jobs> MakeLinuxJobs(CgroupSystem system) {
  return std::make_unique<LinuxJobs>(std::move(system));
}

StatusOr<std::unique_ptr<Jobs>> SystemJobs() {
  ASSIGN_OR_RETURN(CgroupSystem system, DetectCgroupSystem());
  return MakeLinuxJobs(std::move(system));
}

}  // namespace jobpod
