#include "runtime/child_namespaces_linux.hpp"

#include <linux/magic.h>
#include <sched.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

namespace jobpod {
namespace {

Status Unshare(int flag, const char* what) {
  return unshare(flag) == 0 ? absl::OkStatus() : ErrnoStatus(errno, Concat("make ", what));
}

Status MakeIpc(const Isolation& isolation, intptr_t pod_ipc) {
  switch (isolation.ipc()) {
    case NAMESPACE_CONTAINER:
      return Unshare(CLONE_NEWIPC, "an IPC namespace");
    case NAMESPACE_POD:
      if (setns(static_cast<int>(pod_ipc), CLONE_NEWIPC) == 0) return absl::OkStatus();
      return ErrnoStatus(errno, "enter the pod's IPC namespace");
    default:
      return absl::OkStatus();
  }
}

Status MakeHostname(const std::string& name) {
  if (name.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Unshare(CLONE_NEWUTS, "a namespace for the host name"));
  if (sethostname(name.data(), name.size()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, Concat("set the host name ", name));
}

// The container's own group is what /proc/self/cgroup calls "/". On v1 and hybrid hosts the container sees
// the host's hierarchies, and the paths go with them.
Status MakeCgroup(const LaunchPlan& plan) {
  struct statfs info {};
  bool shows_all = !plan.mounts().has_image_root() || plan.mounts().image_root().writable_system();
  if (shows_all || statfs("/sys/fs/cgroup", &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC) {
    return absl::OkStatus();
  }
  return Unshare(CLONE_NEWCGROUP, "a cgroup namespace");
}

}  // namespace

Status MakeNamespaces(const LaunchPlan& plan, const SpawnHandles& handles) {
  if (!plan.has_isolation()) return absl::OkStatus();
  RETURN_IF_ERROR(MakeIpc(plan.isolation(), handles.pod_ipc));
  RETURN_IF_ERROR(MakeHostname(plan.isolation().hostname()));
  return MakeCgroup(plan);
}

Status EnterNamespacesOf(int process) {
  if (setns(process, CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP) == 0) {
    return absl::OkStatus();
  }
  if (errno == ESRCH) return absl::FailedPreconditionError("the container's first process has ended");
  return ErrnoStatus(errno, "enter the container's namespaces");
}

}  // namespace jobpod
