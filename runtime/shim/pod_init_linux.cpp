#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/file_linux.hpp"
#include "runtime/shim/pod_init.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/new_mount_linux.hpp"
#include "volumes/pivot_linux.hpp"

namespace jobpod::shim {
namespace {

// Any directory every host has does: it is covered for a moment, in this namespace only.
constexpr char kPlace[] = "/dev";

Status LeaveTheHost() {
  RETURN_IF_ERROR(LeaveHostNamespace());
  ASSIGN_OR_RETURN(Fd memory, NewMount("tmpfs", {{"mode", "1777"}, {"size", "65536k"}},
                                       MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
  ASSIGN_OR_RETURN(Fd place, OpenFile(kPlace, O_PATH | O_DIRECTORY));
  RETURN_IF_ERROR(AttachTree(memory.get(), place.get(), "mount the pod's shared memory"));
  return PivotInto(memory.get());
}

Status GiveUpPrivileges() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) return ErrnoStatus(errno, "give up capabilities");
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return ErrnoStatus(errno, "set no_new_privs");
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_NAME, kPodInitName);
  return absl::OkStatus();
}

void ReapForEver() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  for (;;) {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    sigwaitinfo(&child, nullptr);
  }
}

}  // namespace

int PodInitMain() {
  Status ready = LeaveTheHost();
  if (ready.ok()) ready = GiveUpPrivileges();
  if (!ready.ok()) {
    (void)WriteAll(STDOUT_FILENO, Message(ready), "standard output");
    return 1;
  }
  Fd(STDOUT_FILENO).Reset();
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  if (getpid() == 1) ReapForEver();
  return 0;
}

}  // namespace jobpod::shim
