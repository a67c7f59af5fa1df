// Jobs as Windows job objects. A job lives as long as a handle to it does: the shim keeps them, the daemon
// opens them by name. Its processes die with the last handle.
#include "runtime/job_windows.hpp"

#include <mutex>

#include "base/win32_windows.hpp"
#include "runtime/inner_launcher_windows.hpp"
#include "runtime/job_object_windows.hpp"
#include "runtime/job_port_windows.hpp"
#include "runtime/job_probe_windows.hpp"
#include "runtime/job_signal_windows.hpp"
#include "runtime/job_tree_windows.hpp"
#include "runtime/job_usage_windows.hpp"
#include "runtime/process_windows.hpp"

namespace jobpod {
namespace {

constexpr int kKill = 9;
// What the processes of a terminated job exit with: a shell's code for "killed", as on Linux.
constexpr UINT kKilledExitCode = 128 + kKill;

// What every job of a process shares.
struct Shared {
  JobSystem system;
  uint32_t processors = 1;
  std::unique_ptr<JobPort> port;
  WindowsJobParts parts;
};

class WindowsJob : public Job {
 public:
  WindowsJob(std::shared_ptr<Shared> shared, std::string name, JobKind kind, std::shared_ptr<JobTree> tree)
      : shared_(std::move(shared)), name_(std::move(name)), kind_(kind), tree_(std::move(tree)) {}
  ~WindowsJob() override { Leave(); }

  const std::string& name() const override { return name_; }
  StatusOr<std::unique_ptr<Job>> CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                             const MountList& view) override;
  StatusOr<Spawned> Spawn(const LaunchPlan& plan, const SpawnHandles& handles) override;
  StatusOr<std::vector<std::string>> UpdateLimits(const Limits& limits) override;
  StatusOr<std::vector<int32_t>> Processes() const override;
  StatusOr<JobUsage> Usage(UsageDetail detail) override;
  uint64_t OomKills() const override;
  Status Signal(int signal) override;
  Status Terminate() override;
  bool Empty() const override { return tree_->Empty(); }
  Status Watch(boost::asio::io_context& io, JobEvents events) override;
  Status Remove() override;

  // For a job just made, which is of no use when this fails.
  Status SetUp(const Limits& limits, const MountList& view);

 private:
  StatusOr<BornProcess> Start(const LaunchPlan& plan, const InnerLauncher::Place& place);
  Status Apply(const Limits& limits, std::vector<std::string>& skipped);
  Status Attach();
  void Leave();
  Status Gone() const { return absl::NotFoundError(Concat("there is no job ", name_, " any more")); }

  const std::shared_ptr<Shared> shared_;
  const std::string name_;
  const JobKind kind_;
  const std::shared_ptr<JobTree> tree_;
  uint64_t key_ = 0;  // at the port; 0 = not attached
  mutable std::mutex mutex_;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits_{};  // guarded by mutex_
};

StatusOr<std::unique_ptr<Job>> MakeJob(const std::shared_ptr<Shared>& shared, const std::string& name,
                                       JobKind kind, const Limits& limits, const MountList& view,
                                       const std::shared_ptr<JobTree>& parent) {
  RETURN_IF_ERROR(TranslateLimits(limits, shared->processors).status());
  ASSIGN_OR_RETURN(Handle handle, CreateJobObject(name));
  auto tree = std::make_shared<JobTree>(std::move(handle), parent, view.private_namespace());
  if (parent) parent->AddInner(tree);
  auto job = std::make_unique<WindowsJob>(shared, name, kind, std::move(tree));
  RETURN_IF_ERROR(job->SetUp(limits, view));
  return std::unique_ptr<Job>(std::move(job));
}

// In the one order that silos are known to be made in: a job that dies with its last handle, its port, the silo and its
// bindings, limits, processes.
Status WindowsJob::SetUp(const Limits& limits, const MountList& view) {
  RETURN_IF_ERROR(Attach());
  if (view.private_namespace()) {
    RETURN_IF_ERROR(EnterBindings(tree_->Job()->get(), view, shared_->parts.bind_calls()));
  }
  std::vector<std::string> told_by_the_system;
  return kind_ == JobKind::kLimited ? Apply(limits, told_by_the_system) : absl::OkStatus();
}

Status WindowsJob::Attach() {
  auto attached = shared_->port->Attach(tree_->Job()->get(), [tree = tree_.get()](uint32_t message) {
    if (message == JOB_OBJECT_MSG_JOB_MEMORY_LIMIT) tree->CountMemoryHit();
    // Also told of a job inside this one.
    if (message == JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO && tree->Empty()) tree->Tell(&JobEvents::became_empty);
  });
  // A job that was taken over reports to who had it first: its end is found by looking.
  if (absl::IsInvalidArgument(attached.status())) return absl::OkStatus();
  RETURN_IF_ERROR(attached.status());
  key_ = *attached;
  return absl::OkStatus();
}

// Nothing is told after this.
void WindowsJob::Leave() {
  if (key_ != 0) shared_->port->Detach(std::exchange(key_, 0));
  tree_->Unwatch();
}

StatusOr<std::unique_ptr<Job>> WindowsJob::CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                                       const MountList& view) {
  if (id.find('/') != std::string::npos) {
    return absl::InvalidArgumentError(Concat("the job id \"", id, "\" must not have a slash"));
  }
  return MakeJob(shared_, Concat(name_, "/", id), kind, limits, view, tree_);
}

StatusOr<Spawned> WindowsJob::Spawn(const LaunchPlan& plan, const SpawnHandles& handles) {
  std::vector<std::shared_ptr<const Handle>> kept;
  InnerLauncher::Place place{shared_->parts.launcher, handles, {}};
  for (const JobTree* tree = tree_.get(); tree != nullptr; tree = tree->outer().get()) {
    kept.push_back(tree->Job());
    if (!kept.back()) return Gone();
    place.jobs.insert(place.jobs.begin(), kept.back()->get());
  }
  ASSIGN_OR_RETURN(const auto account, tree_->AccountFor(plan.user()));
  if (account) place.token = account->token();
  ASSIGN_OR_RETURN(BornProcess born, Start(plan, place));
  return Spawned{born.pid, reinterpret_cast<intptr_t>(born.process.Release())};
}

StatusOr<BornProcess> WindowsJob::Start(const LaunchPlan& plan, const InnerLauncher::Place& place) {
  if (!tree_->HasView() && !NeedsInnerLauncher(place.handles)) {
    return StartProcess(plan, place.handles, place.jobs, place.token);
  }
  ASSIGN_OR_RETURN(InnerLauncher launcher, InnerLauncher::Start(place));
  StatusOr<BornProcess> born = launcher.Run(plan);
  // What a killed launcher has started is known by nobody.
  if (absl::IsUnavailable(born.status())) (void)Terminate();
  return born;
}

Status WindowsJob::Apply(const Limits& limits, std::vector<std::string>& skipped) {
  ASSIGN_OR_RETURN(const WindowsLimits translated, TranslateLimits(limits, shared_->processors));
  const auto job = tree_->Job();
  if (!job) return Gone();
  std::lock_guard lock(mutex_);
  return ApplyJobLimits(job->get(), translated, limits_, skipped);
}

StatusOr<std::vector<std::string>> WindowsJob::UpdateLimits(const Limits& limits) {
  if (kind_ == JobKind::kExec) {
    return absl::FailedPreconditionError(
        Concat("job ", name_, " has no limits of its own; change its container's"));
  }
  std::vector<std::string> skipped;
  RETURN_IF_ERROR(Apply(limits, skipped));
  return skipped;
}

StatusOr<std::vector<int32_t>> WindowsJob::Processes() const {
  const auto job = tree_->Job();
  if (!job) return Gone();
  return JobProcesses(job->get());
}

StatusOr<JobUsage> WindowsJob::Usage(UsageDetail detail) {
  const auto job = tree_->Job();
  if (!job) return Gone();
  uint64_t limit = 0;
  {
    std::lock_guard lock(mutex_);
    if (limits_.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_JOB_MEMORY)
      limit = limits_.JobMemoryLimit;
  }
  ASSIGN_OR_RETURN(JobUsage usage, ReadJobUsage(job->get(), limit, detail));
  usage.oom_kills = OomKills();
  return usage;
}

// A process that is out of memory may have ended before the port's thread has heard why.
uint64_t WindowsJob::OomKills() const {
  shared_->port->CatchUp();
  return tree_->memory_hits();
}

Status WindowsJob::Signal(int signal) {
  if (signal == kKill) return Terminate();
  const auto job = tree_->Job();
  if (!job) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<int32_t> pids, JobProcesses(job->get()));
  return RaiseConsoleEvent(job->get(), pids, ConsoleEventFor(signal));
}

Status WindowsJob::Terminate() {
  const auto job = tree_->Job();
  if (!job || TerminateJobObject(job->get(), kKilledExitCode)) return absl::OkStatus();
  return LastErrorStatus(Concat("terminate the job ", name_));
}

Status WindowsJob::Watch(boost::asio::io_context& io, JobEvents events) {
  if (!tree_->Watch(io, std::move(events))) {
    return absl::FailedPreconditionError(Concat("job ", name_, " is watched already"));
  }
  return absl::OkStatus();
}

Status WindowsJob::Remove() {
  if (!Empty()) {
    return absl::FailedPreconditionError(
        Concat("job ", name_, " cannot be removed: processes are still in it"));
  }
  Leave();
  tree_->Close();
  return absl::OkStatus();
}

class WindowsJobs : public Jobs {
 public:
  explicit WindowsJobs(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  const JobSystem& system() const override { return shared_->system; }

  StatusOr<std::unique_ptr<Job>> Create(const std::string& name, const Limits& limits) override {
    return MakeJob(shared_, name, JobKind::kLimited, limits, MountList(), nullptr);
  }

  StatusOr<std::unique_ptr<Job>> Open(const std::string& name) override {
    ASSIGN_OR_RETURN(Handle handle, OpenJobObject(name));
    auto tree = std::make_shared<JobTree>(std::move(handle), nullptr, false);
    return std::unique_ptr<Job>(
        std::make_unique<WindowsJob>(shared_, name, JobKind::kLimited, std::move(tree)));
  }

  std::vector<std::string> Children(const std::string& name) const override { return JobObjectsIn(name); }

 private:
  const std::shared_ptr<Shared> shared_;
};

std::wstring OwnProgram() {
  wchar_t path[1024];
  return std::wstring(path, GetModuleFileNameW(nullptr, path, std::size(path)));
}

}  // namespace

StatusOr<std::unique_ptr<Jobs>> MakeWindowsJobs(WindowsJobParts parts) {
  auto shared = std::make_shared<Shared>();
  shared->parts = std::move(parts);
  shared->processors = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  shared->system = ProbeJobObjects();
  ASSIGN_OR_RETURN(shared->port, JobPort::Start());
  return std::unique_ptr<Jobs>(std::make_unique<WindowsJobs>(std::move(shared)));
}

StatusOr<std::unique_ptr<Jobs>> SystemJobs() {
  return MakeWindowsJobs({SystemBindCalls, OwnProgram()});
}

}  // namespace jobpod
