#include "runtime/job_fake.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>

#include "base/clock.hpp"

namespace jobpod {
namespace {

constexpr int kKill = 9;

struct Process {
  std::string job;
  FakeProgram program;
};

struct Watcher {
  boost::asio::io_context* io = nullptr;
  JobEvents events;
};

struct Node {
  JobKind kind = JobKind::kLimited;
  Limits limits;
  uint64_t cpu_ns = 0;
  uint64_t oom_kills = 0;
};

bool IsInside(const std::string& job, const std::string& outer) {
  return job == outer || (job.starts_with(outer) && job[outer.size()] == '/');
}

}  // namespace

// Everything there is, by job name. Callbacks are posted, never called under the lock.
struct FakeJobs::Tree {
  mutable std::mutex mutex;
  // Guarded by mutex.
  JobSystem system{"fake", {"memory", "cpu", "pids"}, {}, true};
  std::map<std::string, FakeProgram> programs;
  std::map<std::string, Node> nodes;
  std::map<int32_t, Process> processes;
  std::multimap<std::string, std::weak_ptr<Watcher>> watchers;
  int32_t next_pid = 1000;

  std::vector<int32_t> InsideLocked(const std::string& job) const {
    std::vector<int32_t> pids;
    for (const auto& [pid, process] : processes) {
      if (IsInside(process.job, job)) pids.push_back(pid);
    }
    return pids;
  }

  void TellLocked(const std::string& job, std::function<void()> JobEvents::*what) {
    for (auto [entry, end] = watchers.equal_range(job); entry != end; ++entry) {
      std::shared_ptr<Watcher> watcher = entry->second.lock();
      if (!watcher || !(watcher->events.*what)) continue;
      boost::asio::post(*watcher->io, [weak = entry->second, what] {
        if (auto alive = weak.lock()) (alive->events.*what)();
      });
    }
  }

  void EndLocked(const std::vector<int32_t>& pids) {
    for (int32_t pid : pids) {
      auto found = processes.find(pid);
      if (found == processes.end()) continue;
      std::string job = found->second.job;
      processes.erase(found);
      for (const auto& [name, node] : nodes) {
        if (IsInside(job, name) && InsideLocked(name).empty()) TellLocked(name, &JobEvents::became_empty);
      }
    }
  }

  // The tightest of a limit on the way up; 0 = none.
  int64_t LimitLocked(const std::string& job, int64_t (Limits::*limit)() const) const {
    int64_t tightest = 0;
    for (const auto& [name, node] : nodes) {
      int64_t own = (node.limits.*limit)();
      if (IsInside(job, name) && own > 0 && (tightest == 0 || own < tightest)) tightest = own;
    }
    return tightest;
  }

  Spawned StartLocked(const std::string& job, const FakeProgram& program) {
    uint64_t count = 1 + program.descendants;
    int64_t limit = LimitLocked(job, &Limits::pids);
    if (limit > 0) count = std::min(count, static_cast<uint64_t>(limit));
    int32_t first = next_pid;
    for (uint64_t i = 0; i < count; ++i) processes[next_pid++] = {job, program};
    for (auto& [name, node] : nodes) node.cpu_ns += IsInside(job, name) ? program.cpu_ns : 0;
    if (program.exits) EndLocked({first});
    EnforceMemoryLocked(job, first);
    return {first, -1};
  }

  void EnforceMemoryLocked(const std::string& job, int32_t pid) {
    auto found = processes.find(pid);
    int64_t limit = LimitLocked(job, &Limits::memory_bytes);
    if (found == processes.end() || limit <= 0) return;
    if (found->second.program.memory_bytes <= static_cast<uint64_t>(limit)) return;
    for (auto& [name, node] : nodes) {
      if (!IsInside(job, name)) continue;
      ++node.oom_kills;
      TellLocked(name, &JobEvents::memory_limit_hit);
    }
    EndLocked({pid});
  }

  Status MakeLocked(const std::string& name, JobKind kind, const Limits& limits) {
    if (limits.memory_bytes() < -1) return absl::InvalidArgumentError("memory_bytes is out of range");
    if (nodes.count(name) != 0 && !InsideLocked(name).empty()) {
      return absl::AlreadyExistsError(Concat("job ", name, " exists already and has processes in it"));
    }
    for (size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
      nodes.try_emplace(name.substr(0, slash));
    }
    nodes[name] = {kind, limits};
    return absl::OkStatus();
  }
};

class FakeJobs::FakeJob : public Job {
 public:
  FakeJob(std::shared_ptr<Tree> tree, std::string name) : tree_(std::move(tree)), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }

  StatusOr<std::unique_ptr<Job>> CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                             const MountList&) override {
    std::lock_guard lock(tree_->mutex);
    std::string name = Concat(name_, "/", id);
    RETURN_IF_ERROR(tree_->MakeLocked(name, kind, limits));
    return std::unique_ptr<Job>(std::make_unique<FakeJob>(tree_, name));
  }

  StatusOr<Spawned> Spawn(const LaunchPlan& plan, const SpawnHandles&) override {
    std::lock_guard lock(tree_->mutex);
    if (tree_->nodes.count(name_) == 0) return absl::NotFoundError(Concat("there is no job ", name_));
    std::string program = plan.argv().empty() ? std::string() : plan.argv(0);
    auto found = tree_->programs.find(program);
    if (found == tree_->programs.end())
      return absl::NotFoundError(Concat("start ", program, ": no such program"));
    return tree_->StartLocked(name_, found->second);
  }

  StatusOr<std::vector<std::string>> UpdateLimits(const Limits& limits) override {
    std::lock_guard lock(tree_->mutex);
    if (limits.memory_bytes() < -1) return absl::InvalidArgumentError("memory_bytes is out of range");
    tree_->nodes[name_].limits.MergeFrom(limits);
    std::vector<std::string> skipped;
    if (!limits.cpuset_cpus().empty()) skipped.push_back("cpuset_cpus: no cpuset controller");
    return skipped;
  }

  StatusOr<std::vector<int32_t>> Processes() const override {
    std::lock_guard lock(tree_->mutex);
    if (tree_->nodes.count(name_) == 0) return absl::NotFoundError(Concat("there is no job ", name_));
    return tree_->InsideLocked(name_);
  }

  StatusOr<JobUsage> Usage(UsageDetail) override {
    std::lock_guard lock(tree_->mutex);
    auto node = tree_->nodes.find(name_);
    if (node == tree_->nodes.end()) return absl::NotFoundError(Concat("there is no job ", name_));
    JobUsage usage;
    usage.timestamp = NowUnixNanos();
    usage.cpu_ns = node->second.cpu_ns;
    usage.oom_kills = node->second.oom_kills;
    for (int32_t pid : tree_->InsideLocked(name_)) {
      usage.memory_bytes += tree_->processes[pid].program.memory_bytes;
      ++usage.processes;
    }
    usage.working_set_bytes = usage.memory_bytes;
    if (int64_t limit = node->second.limits.memory_bytes(); limit > 0) usage.memory_limit_bytes = limit;
    return usage;
  }

  uint64_t OomKills() const override {
    std::lock_guard lock(tree_->mutex);
    auto node = tree_->nodes.find(name_);
    return node == tree_->nodes.end() ? 0 : node->second.oom_kills;
  }

  Status Signal(int signal) override {
    std::lock_guard lock(tree_->mutex);
    std::vector<int32_t> ending;
    for (int32_t pid : tree_->InsideLocked(name_)) {
      if (signal == kKill || !tree_->processes[pid].program.ignores_signals) ending.push_back(pid);
    }
    tree_->EndLocked(ending);
    return absl::OkStatus();
  }

  Status Terminate() override { return Signal(kKill); }

  bool Empty() const override {
    std::lock_guard lock(tree_->mutex);
    return tree_->InsideLocked(name_).empty();
  }

  Status Watch(boost::asio::io_context& io, JobEvents events) override {
    std::lock_guard lock(tree_->mutex);
    if (watcher_) return absl::FailedPreconditionError(Concat("job ", name_, " is watched already"));
    watcher_ = std::make_shared<Watcher>(Watcher{&io, std::move(events)});
    tree_->watchers.emplace(name_, watcher_);
    return absl::OkStatus();
  }

  Status Remove() override {
    std::lock_guard lock(tree_->mutex);
    if (!tree_->InsideLocked(name_).empty()) {
      return absl::FailedPreconditionError(
          Concat("job ", name_, " cannot be removed: processes are still in it"));
    }
    std::erase_if(tree_->nodes, [this](const auto& entry) { return IsInside(entry.first, name_); });
    std::erase_if(tree_->watchers, [](const auto& entry) { return entry.second.expired(); });
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<Tree> tree_;
  const std::string name_;
  std::shared_ptr<Watcher> watcher_;
};

FakeJobs::FakeJobs() : tree_(std::make_shared<Tree>()) {}
FakeJobs::~FakeJobs() = default;

const JobSystem& FakeJobs::system() const {
  return tree_->system;
}

void FakeJobs::AddProgram(const std::string& name, FakeProgram program) {
  std::lock_guard lock(tree_->mutex);
  tree_->programs[name] = program;
}

void FakeJobs::Exit(int32_t pid) {
  std::lock_guard lock(tree_->mutex);
  tree_->EndLocked({pid});
}

StatusOr<std::unique_ptr<Job>> FakeJobs::Create(const std::string& name, const Limits& limits) {
  std::lock_guard lock(tree_->mutex);
  if (name.empty()) return absl::InvalidArgumentError("the job name is empty");
  RETURN_IF_ERROR(tree_->MakeLocked(name, JobKind::kLimited, limits));
  return std::unique_ptr<Job>(std::make_unique<FakeJob>(tree_, name));
}

StatusOr<std::unique_ptr<Job>> FakeJobs::Open(const std::string& name) {
  std::lock_guard lock(tree_->mutex);
  if (tree_->nodes.count(name) == 0) return absl::NotFoundError(Concat("there is no job ", name));
  return std::unique_ptr<Job>(std::make_unique<FakeJob>(tree_, name));
}

std::vector<std::string> FakeJobs::Children(const std::string& name) const {
  std::lock_guard lock(tree_->mutex);
  std::vector<std::string> children;
  std::string prefix = Concat(name, "/");
  for (const auto& [other, node] : tree_->nodes) {
    if (!other.starts_with(prefix)) continue;
    std::string id = other.substr(prefix.size());
    if (id.find('/') == std::string::npos) children.push_back(id);
  }
  return children;
}

}  // namespace jobpod
