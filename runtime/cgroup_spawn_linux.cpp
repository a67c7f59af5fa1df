#include "runtime/cgroup_spawn_linux.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/file_linux.hpp"
#include "runtime/cgroup_file_linux.hpp"
#include "runtime/child_linux.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxError = 64u << 10;
constexpr int kStartFailed = 128;

// A v1 group opened before the fork, so that the child only writes.
struct Door {
  Fd tasks;
  std::string directory;
  bool required;
};

// `tasks` and not `cgroup.procs`: a single thread that moves itself needs no lock over all processes of
// the host, which costs up to 7 ms of RCU time when the host was idle. The child has one thread.
StatusOr<std::vector<Door>> OpenDoors(const std::vector<GroupToJoin>& groups) {
  std::vector<Door> doors;
  for (const GroupToJoin& group : groups) {
    StatusOr<Fd> tasks = OpenCgroupFile(Concat(group.directory, "/tasks"), O_WRONLY);
    if (!tasks.ok() && group.required) return tasks.status();
    if (tasks.ok()) doors.push_back({*std::move(tasks), group.directory, group.required});
  }
  return doors;
}

[[noreturn]] void FailChild(int error_pipe, const Status& status) {
  WriteAll(error_pipe, Concat(static_cast<int>(status.code()), "\n", Message(status)), "error pipe")
      .IgnoreError();
  _exit(kStartFailed);
}

void Enter(const std::vector<Door>& doors, int error_pipe) {
  for (const Door& door : doors) {
    if (write(door.tasks.get(), "0", 1) == 1 || !door.required) continue;
    FailChild(error_pipe, ErrnoStatus(errno, Concat("the new process cannot join its cgroup ", door.directory,
                                                    " (a limit or an empty cpuset above it?)")));
  }
}

// The program starts with nothing blocked, ignored or handled, whatever the shim does with signals.
void ResetSignals() {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &plain, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// While the child is a copy of this process no handler of this process may run in it.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

Status CloneError(int error, const Birthplace& place) {
  if (error == EBUSY) {
    return absl::FailedPreconditionError(Concat("no process can be started in job ", place.job,
                                                " itself: jobs with limits of their own are inside it"));
  }
  if (error == EAGAIN) {
    return absl::ResourceExhaustedError(
        Concat("no process can be started in job ", place.job, ": its limit on processes is reached"));
  }
  if (error == ENOMEM) {
    // Also what the kernel says of a process namespace whose first process is gone.
    return absl::ResourceExhaustedError(
        Concat("no process can be started in job ", place.job,
               ": no memory is left, or the first process of its process namespace has ended"));
  }
  return ErrnoStatus(error, Concat("start a process in job ", place.job));
}

struct Clone {
  long pid;
  int pidfd;
  int error;
};

Clone CloneInto(int group, uint64_t namespaces) {
  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD | namespaces | (group >= 0 ? CLONE_INTO_CGROUP : 0);
  args.pidfd = reinterpret_cast<uintptr_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.cgroup = group >= 0 ? static_cast<uint64_t>(group) : 0;
  long pid = syscall(SYS_clone3, &args, sizeof args);
  return {pid, pidfd, pid < 0 ? errno : 0};
}

// While it lives the calling thread's next child is born in another process namespace.
class BirthNamespace {
 public:
  static StatusOr<BirthNamespace> Enter(intptr_t other) {
    BirthNamespace birth;
    if (other < 0) return birth;
    ASSIGN_OR_RETURN(birth.own_, OpenFile("/proc/self/ns/pid", O_RDONLY));
    if (setns(static_cast<int>(other), CLONE_NEWPID) == 0) return birth;
    birth.own_.Reset();
    if (errno == ESRCH) return absl::FailedPreconditionError("the container's first process has ended");
    return ErrnoStatus(errno, "enter the process namespace");
  }
  BirthNamespace(BirthNamespace&&) = default;
  ~BirthNamespace() {
    if (own_) setns(own_.get(), CLONE_NEWPID);
  }

 private:
  BirthNamespace() = default;
  Fd own_;
};

uint64_t NewNamespaces(const LaunchPlan& plan, const SpawnHandles& handles) {
  bool own = plan.isolation().pid() == NAMESPACE_CONTAINER && handles.birth_namespace < 0;
  return own ? CLONE_NEWPID : 0;
}

StatusOr<Fd> OpenBirthGroup(const Birthplace& place) {
  if (place.v2_directory.empty()) return Fd();
  return OpenCgroupFile(place.v2_directory, O_PATH | O_DIRECTORY);
}

// The pipe ends without a word when exec has closed it. A child killed on its way there looks the same:
// it did start, and its exit status says what became of it.
Status Outcome(int error_pipe) {
  ASSIGN_OR_RETURN(std::string written, ReadAll(error_pipe, kMaxError, "error pipe of a new process"));
  return ChildError(written);
}

void KillAndReap(int pidfd) {
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  siginfo_t info{};
  while (waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED) != 0 &&
         errno == EINTR) {
  }
}

}  // namespace

StatusOr<Spawned> SpawnInto(const Birthplace& place, const LaunchPlan& plan, const SpawnHandles& handles) {
  ASSIGN_OR_RETURN(std::vector<Door> doors, OpenDoors(place.groups));
  ASSIGN_OR_RETURN(Fd group, OpenBirthGroup(place));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return ErrnoStatus(errno, "make a pipe for a new process");
  Fd read_end(ends[0]), write_end(ends[1]);
  Clone clone{};
  {
    ASSIGN_OR_RETURN(BirthNamespace birth, BirthNamespace::Enter(handles.birth_namespace));
    BlockedSignals blocked;
    clone = CloneInto(group.get(), NewNamespaces(plan, handles));
    if (clone.pid == 0) {
      Enter(doors, write_end.get());
      ResetSignals();
      RunChild(plan, handles, write_end.get());
    }
  }
  if (clone.error != 0) return CloneError(clone.error, place);
  Fd pidfd(clone.pidfd);
  write_end.Reset();
  Status started = Outcome(read_end.get());
  if (started.ok()) return Spawned{static_cast<int32_t>(clone.pid), pidfd.Release()};
  KillAndReap(pidfd.get());
  return started;
}

}  // namespace jobpod
