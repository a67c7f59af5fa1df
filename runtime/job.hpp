// A job: one process tree with limits, usage and a single kill. Everything started in it, and everything
// those processes start, stays in it (fork, double fork, setsid and daemonizing do not leave). Jobs nest:
// pod ⊃ container ⊃ exec. A Windows Job Object (job_windows.cpp), a Linux cgroup (job_linux.cpp), or a
// fake for tests (job_fake.cpp); one contract suite (job_contract_test.cpp) runs against all of them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// A sample of what the whole tree has used. Unset = the system does not tell.
struct JobUsage {
  int64_t timestamp = 0;  // ns since the epoch
  uint64_t cpu_ns = 0;
  std::optional<uint64_t> cpu_user_ns, cpu_system_ns;
  uint64_t memory_bytes = 0;       // charged, page cache included
  uint64_t working_set_bytes = 0;  // memory_bytes minus inactive file pages
  std::optional<uint64_t> rss_bytes, cache_bytes, mapped_file_bytes, kernel_bytes;
  std::optional<uint64_t> memory_limit_bytes, memory_max_usage_bytes, memory_failcnt;
  std::optional<uint64_t> page_faults, major_page_faults;
  std::optional<uint64_t> swap_bytes, swap_limit_bytes;
  uint64_t processes = 0;  // kFull only
  std::optional<uint64_t> threads, threads_limit;
  std::optional<uint64_t> cfs_periods, cfs_throttled_periods, cfs_throttled_ns;
  std::optional<uint64_t> read_bytes, write_bytes, reads, writes;
  uint64_t oom_kills = 0;
  struct Pressure {  // PSI, cgroup v2 only; totals in microseconds, averages in percent
    struct Line {
      double avg10 = 0, avg60 = 0, avg300 = 0;
      uint64_t total_us = 0;
    };
    Line some, full;
  };
  std::optional<Pressure> cpu_pressure, memory_pressure, io_pressure;
};

// What a sample reads. kBasic: CPU time, memory, swap and pressure, what CRI's statistics ask for; kFull:
// everything, for metrics.
enum class UsageDetail { kBasic, kFull };

// Callbacks run on the io_context given to Watch, without locks. Each may come more than once.
struct JobEvents {
  std::function<void()> became_empty;
  std::function<void()> memory_limit_hit;
};

// The descriptors (Linux) or handles (Windows) a new process gets as standard streams. Not owned.
// -1 = /dev/null or NUL.
struct SpawnHandles {
  intptr_t standard_input = -1;
  intptr_t standard_output = -1;
  intptr_t standard_error = -1;
  // Instead of the three: the process gets a terminal of its own (console.hpp), whose owner's side comes over
  // this socket before its program runs; on Windows this pseudo console. -1 = none.
  intptr_t console = -1;
  // Linux: an open /proc/PID/ns/mnt whose namespace is entered first (exec into a container); -1 = none.
  intptr_t mount_namespace = -1;
  // Linux: a namespace descriptor or pidfd; the process is born in that process namespace. -1 = as the
  // plan's isolation says: the parent's, or a new one.
  intptr_t birth_namespace = -1;
  // Linux: a pidfd of an image-root container's first process, whose other namespaces are entered; -1 = none.
  intptr_t container_process = -1;
  // Linux: the namespaces the pod keeps for its containers; -1 = none.
  intptr_t pod_ipc = -1, pod_mounts = -1;
};

// A started process: its program is running (exec has succeeded).
struct Spawned {
  int32_t pid = 0;
  // Linux: a pidfd, Windows: a process handle. Owned by the caller.
  intptr_t process_handle = -1;
};

enum class JobKind {
  kLimited,  // pod, container: has controllers (limits, usage) of its own
  kExec,     // for killing only: shares its parent's limits; never a memory cgroup of its own
};

// Not thread-safe unless noted. Destroying a Job object kills nothing on Linux; use Terminate and Remove.
class Job {
 public:
  virtual ~Job() = default;

  // Path-like name: "jobpod/<pod id>/<container id>".
  virtual const std::string& name() const = 0;

  // A job inside this one. AlreadyExists when there is one of that name with processes in it (an empty
  // leftover is taken over). A private view belongs to the job on Windows: all that runs in it, and in the jobs
  // inside it, sees `view`. On Linux it belongs to the process that Spawn starts with it.
  virtual StatusOr<std::unique_ptr<Job>> CreateChild(const std::string& id, JobKind kind, const Limits& limits,
                                                     const MountList& view) = 0;
  StatusOr<std::unique_ptr<Job>> CreateChild(const std::string& id, JobKind kind, const Limits& limits) {
    return CreateChild(id, kind, limits, MountList());
  }

  // Starts the plan's program, born inside the job. On failure nothing is left running and the error is
  // the sentence for the user, with the operating system's reason.
  virtual StatusOr<Spawned> Spawn(const LaunchPlan& plan, const SpawnHandles& handles) = 0;

  // Changes limits live; unset ones stay as they are. What this system cannot do is skipped, and named
  // in the returned list ("cpu_quota_us: no cpu controller").
  virtual StatusOr<std::vector<std::string>> UpdateLimits(const Limits& limits) = 0;

  // All processes of the tree, nested jobs included. Thread-safe.
  virtual StatusOr<std::vector<int32_t>> Processes() const = 0;

  // Thread-safe; keeps descriptors open so that a second sample costs a read per file.
  virtual StatusOr<JobUsage> Usage(UsageDetail detail) = 0;

  // How many processes of the tree the memory limit has killed. Thread-safe.
  virtual uint64_t OomKills() const = 0;

  // Sends a signal (Linux number; Windows maps it to a console event) to every process of the tree.
  virtual Status Signal(int signal) = 0;

  // Kills the whole tree, nested jobs included, and comes back without waiting for it to be gone. A tree
  // that forks faster than it dies is gone all the same. Thread-safe.
  virtual Status Terminate() = 0;

  virtual bool Empty() const = 0;

  // Reports changes until the Job is destroyed, which must be before `io` is. At most once per Job.
  virtual Status Watch(boost::asio::io_context& io, JobEvents events) = 0;

  // Removes the (empty) job and its nested jobs from the system. FailedPrecondition while processes are
  // in it. A missing one is OK.
  virtual Status Remove() = 0;
};

// What this host can do with jobs; for Status, doctor and tests. Read once.
struct JobSystem {
  std::string mode;                      // "v2", "hybrid", "v1", "job-object", "fake"
  std::vector<std::string> controllers;  // usable ones
  std::vector<std::string> missing;      // sentences: what is lacking and what that costs
  bool kernel_tree_kill = false;         // cgroup.kill / TerminateJobObject
};

class Jobs {
 public:
  virtual ~Jobs() = default;
  virtual const JobSystem& system() const = 0;

  // Creates the job `name` with its parents (parents get no limits). Used by the shim for the pod job.
  virtual StatusOr<std::unique_ptr<Job>> Create(const std::string& name, const Limits& limits) = 0;

  // Opens an existing job, to look at it, change its limits or kill it from the daemon. NotFound when
  // there is none.
  virtual StatusOr<std::unique_ptr<Job>> Open(const std::string& name) = 0;

  // Ids of the jobs directly inside `name` (for sweeping what belongs to nobody).
  virtual std::vector<std::string> Children(const std::string& name) const = 0;
};

// The operating system's jobs. NotFound or PermissionDenied with a remedy when there are none to use.
StatusOr<std::unique_ptr<Jobs>> SystemJobs();

}  // namespace jobpod
