#include "volumes/mount_call_linux.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

namespace jobpod {

Status LeaveHostNamespace() {
  if (unshare(CLONE_NEWNS) != 0) return ErrnoStatus(errno, "Cannot make a mount namespace");
  // Slave, never private: an unmount on the host must reach us, or its device stays busy.
  if (::mount("", "/", nullptr, MS_REC | MS_SLAVE, nullptr) != 0) {
    return ErrnoStatus(errno, "Cannot detach the mount namespace from the host's");
  }
  return absl::OkStatus();
}

StatusOr<Fd> CloneTree(int fd, bool recursive, std::string_view what) {
  unsigned flags = AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
  if (recursive) flags |= AT_RECURSIVE;
  int tree = open_tree(fd, "", flags);
  if (tree < 0) return ErrnoStatus(errno, what);
  return Fd(tree);
}

Status AttachTree(int tree, int target, std::string_view what) {
  if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0) {
    return ErrnoStatus(errno, what);
  }
  return absl::OkStatus();
}

Status SetPropagation(int tree, Propagation propagation, std::string_view what) {
  if (propagation == PROPAGATION_SHARED) return absl::OkStatus();
  mount_attr attributes{};
  attributes.propagation = propagation == PROPAGATION_SLAVE ? MS_SLAVE : MS_PRIVATE;
  if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) != 0) {
    return ErrnoStatus(errno, what);
  }
  return absl::OkStatus();
}

Status SetReadonly(int tree, std::string_view what) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (mount_setattr(tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) {
    return ErrnoStatus(errno, what);
  }
  return absl::OkStatus();
}

StatusOr<uint64_t> MountIdOf(int fd) {
  struct statx info {};
  if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &info) != 0) return ErrnoStatus(errno, "read a mount id");
  if ((info.stx_mask & STATX_MNT_ID) == 0) {
    return absl::FailedPreconditionError(
        "this kernel does not tell mount ids; Linux 5.12 or newer is needed");
  }
  return info.stx_mnt_id;
}

std::string DescriptorPath(int fd) {
  return Concat("/proc/self/fd/", fd);
}

}  // namespace jobpod
