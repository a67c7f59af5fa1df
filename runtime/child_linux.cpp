#include "runtime/child_linux.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <climits>
#include <csignal>
#include <exception>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "runtime/child_console_linux.hpp"
#include "runtime/child_exec_linux.hpp"
#include "runtime/child_namespaces_linux.hpp"
#include "runtime/child_privileges_linux.hpp"
#include "volumes/mount_enter_linux.hpp"

namespace jobpod {
namespace {

constexpr int kStartFailed = 128;
constexpr int kFirstFree = 10;  // copies live above every number dup2 may overwrite

// A copy of the stream out of the way of 0, 1 and 2; /dev/null (of the host) for -1.
StatusOr<Fd> CopyOfStream(intptr_t stream) {
  Fd null;
  if (stream < 0) {
    ASSIGN_OR_RETURN(null, OpenFile("/dev/null", O_RDWR | O_NOCTTY));
    stream = null.get();
  }
  int copy = fcntl(static_cast<int>(stream), F_DUPFD_CLOEXEC, kFirstFree);
  if (copy < 0) return ErrnoStatus(errno, "copy a standard stream");
  return Fd(copy);
}

struct Streams {
  Fd standard[3];
};

StatusOr<Streams> CopyStreams(const SpawnHandles& handles) {
  Streams streams;
  ASSIGN_OR_RETURN(streams.standard[0], CopyOfStream(handles.standard_input));
  ASSIGN_OR_RETURN(streams.standard[1], CopyOfStream(handles.standard_output));
  ASSIGN_OR_RETURN(streams.standard[2], CopyOfStream(handles.standard_error));
  return streams;
}

StatusOr<Streams> TerminalStreams(Fd terminal) {
  Streams streams;
  ASSIGN_OR_RETURN(streams.standard[0], CopyOfStream(terminal.get()));
  ASSIGN_OR_RETURN(streams.standard[1], CopyOfStream(terminal.get()));
  ASSIGN_OR_RETURN(streams.standard[2], CopyOfStream(terminal.get()));
  return streams;
}

Status InstallStreams(const Streams& streams, bool terminal) {
  setsid();
  for (int number = 0; number < 3; ++number) {
    if (dup2(streams.standard[number].get(), number) < 0) return ErrnoStatus(errno, "set a standard stream");
  }
  if (terminal && ioctl(0, TIOCSCTTY, 0) != 0) return ErrnoStatus(errno, "get the controlling terminal");
  return absl::OkStatus();
}

Status EnterView(const LaunchPlan& plan, const SpawnHandles& handles) {
  if (handles.mount_namespace >= 0) {
    if (setns(static_cast<int>(handles.mount_namespace), CLONE_NEWNS) == 0) return absl::OkStatus();
    return ErrnoStatus(errno, "enter the container's mount namespace");
  }
  if (handles.container_process >= 0) return EnterNamespacesOf(static_cast<int>(handles.container_process));
  RETURN_IF_ERROR(MakeNamespaces(plan, handles));
  if (!plan.mounts().private_namespace()) return absl::OkStatus();
  ASSIGN_OR_RETURN(MountSources sources,
                   OpenMountSources(plan.mounts(), static_cast<int>(handles.pod_mounts)));
  return EnterMounts(plan.mounts(), sources);
}

// Lowering needs CAP_SYS_RESOURCE, which a container host may not have: the process runs all the same.
Status SetOomScore(const LaunchPlan& plan) {
  if (!plan.has_oom_score_adj()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Fd file, OpenFile("/proc/self/oom_score_adj", O_WRONLY));
  std::string value = std::to_string(plan.oom_score_adj());
  if (write(file.get(), value.data(), value.size()) >= 0) return absl::OkStatus();
  if (errno == EPERM || errno == EACCES) return absl::OkStatus();
  return ErrnoStatus(errno, Concat("set oom_score_adj to ", value));
}

// The daemon's limit is raised for its many pods. A program that needs more than the usual raises its own, as far as
// the hard limit; one that closes every descriptor there might be must not count to a million.
void LowerOpenFiles() {
  constexpr rlim_t kUsual = 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= kUsual) return;
  limit.rlim_cur = kUsual;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Where the working directory lies: inside the rootfs its links are resolved within the image.
struct Place {
  Fd root;
  std::string below;
};

Place PlaceOf(const LaunchPlan& plan) {
  const std::string& root = plan.mounts().root().target();
  const std::string& path = plan.working_directory();
  if (root.size() < 2 || !(path == root || path.starts_with(root + "/"))) return {};
  StatusOr<Fd> directory = OpenFile(root, O_PATH | O_DIRECTORY);
  if (!directory.ok()) return {};
  return {std::move(*directory), Concat("./", path.substr(root.size()))};
}

StatusOr<Fd> OpenWorkingDirectory(const LaunchPlan& plan, const Place& place) {
  if (place.root) {
    StatusOr<Fd> inside = OpenInRoot(place.root.get(), place.below, O_PATH | O_DIRECTORY);
    if (inside.ok()) return inside;
  }
  return OpenFile(plan.working_directory(), O_PATH | O_DIRECTORY);
}

StatusOr<Fd> MakeWorkingDirectory(const LaunchPlan& plan, const Place& place) {
  StatusOr<Fd> made = absl::NotFoundError("");
  if (place.root) {
    made = MakeDirectoriesInRoot(place.root.get(), place.below, 0755);
  } else {
    RETURN_IF_ERROR(MakeDirectories(plan.working_directory(), 0755));
    made = OpenFile(plan.working_directory(), O_PATH | O_DIRECTORY);
  }
  if (!made.ok()) return made;
  if (fchownat(made->get(), "", plan.user().uid(), plan.user().gid(), AT_EMPTY_PATH) != 0) {
    return ErrnoStatus(errno, "give it to the user");
  }
  return made;
}

Status EnterWorkingDirectory(const LaunchPlan& plan) {
  if (plan.working_directory().empty()) return absl::OkStatus();
  std::string what = Concat("working directory ", plan.working_directory());
  Place place = PlaceOf(plan);
  StatusOr<Fd> directory = OpenWorkingDirectory(plan, place);
  if (absl::IsNotFound(directory.status()) && plan.make_working_directory()) {
    directory = MakeWorkingDirectory(plan, place);
  }
  if (!directory.ok()) return Annotate(directory.status(), what);
  return fchdir(directory->get()) == 0 ? absl::OkStatus() : ErrnoStatus(errno, what);
}

// By system call: the C library keeps two signals to itself, but what was ignored above us is inherited.
void ResetSignals() {
  const struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    uint64_t mask;
  } standard{SIG_DFL, 0, nullptr, 0};
  for (int signal = 1; signal < NSIG; ++signal) {
    syscall(SYS_rt_sigaction, signal, &standard, nullptr, sizeof standard.mask);
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Returns only on failure.
Status BecomeProgram(const LaunchPlan& plan, const SpawnHandles& handles) {
  const bool terminal = handles.console >= 0;
  ASSIGN_OR_RETURN(Streams streams, CopyStreams(handles));
  RETURN_IF_ERROR(SetOomScore(plan));
  RETURN_IF_ERROR(EnterView(plan, handles));
  if (terminal) {
    ASSIGN_OR_RETURN(Fd console, OpenConsole(plan, static_cast<int>(handles.console)));
    ASSIGN_OR_RETURN(streams, TerminalStreams(std::move(console)));
  }
  RETURN_IF_ERROR(InstallStreams(streams, terminal));
  umask(022);
  RETURN_IF_ERROR(EnterWorkingDirectory(plan));
  ResetSignals();
  LowerOpenFiles();
  RETURN_IF_ERROR(BecomeUser(plan));
  return ExecProgram(plan);
}

Status BecomeProgramOrSay(const LaunchPlan& plan, const SpawnHandles& handles) {
  try {
    return BecomeProgram(plan, handles);
  } catch (const std::exception& error) {
    return absl::InternalError(Concat("start the program: ", error.what()));
  }
}

}  // namespace

void RunChild(const LaunchPlan& plan, const SpawnHandles& handles, int error_pipe) {
  // Every descriptor the program must not get, error_pipe included, goes at exec.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  int copy = fcntl(error_pipe, F_DUPFD_CLOEXEC, kFirstFree);
  Status failure = BecomeProgramOrSay(plan, handles);
  std::string words = Concat(static_cast<int>(failure.code()), '\n', Message(failure));
  // At most PIPE_BUF: written whole, and never waiting for the reader.
  ssize_t written =
      write(copy >= 0 ? copy : error_pipe, words.data(), std::min<size_t>(words.size(), PIPE_BUF));
  _exit(written > 0 ? kStartFailed : kStartFailed + 1);
}

Status ChildError(std::string_view written) {
  if (written.empty()) return absl::OkStatus();
  int kind = static_cast<int>(absl::StatusCode::kInternal);
  size_t end = written.find('\n');
  if (end == std::string_view::npos) return absl::InternalError(Concat("start the program: ", written));
  std::from_chars(written.data(), written.data() + end, kind);
  return Status(static_cast<absl::StatusCode>(kind), Concat(written.substr(end + 1)));
}

}  // namespace jobpod
