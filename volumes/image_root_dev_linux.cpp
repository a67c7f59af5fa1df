#include "volumes/image_root_dev_linux.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "base/file_linux.hpp"
#include "volumes/image_root_place_linux.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/new_mount_linux.hpp"

namespace jobpod {
namespace {

constexpr unsigned kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
constexpr int kMaxDepth = 8;  // of the host's /dev

struct Link {
  const char* name;
  const char* target;
};
constexpr Link kLinks[] = {{"fd", "/proc/self/fd"},
                           {"stdin", "/proc/self/fd/0"},
                           {"stdout", "/proc/self/fd/1"},
                           {"stderr", "/proc/self/fd/2"},
                           {"ptmx", "pts/ptmx"}};

// These have file systems of their own in the container.
bool IsOwn(const char* name) {
  for (const char* own : {".", "..", "pts", "shm", "mqueue", "hugepages", "console"}) {
    if (strcmp(name, own) == 0) return true;
  }
  return false;
}

Status CopyNode(int into, const char* name, const struct stat& info) {
  if (mknodat(into, name, info.st_mode, info.st_rdev) != 0) {
    return ErrnoStatus(errno, Concat("make the device ", name));
  }
  // mknod honours the umask; owner and mode are the host's.
  if (fchownat(into, name, info.st_uid, info.st_gid, AT_SYMLINK_NOFOLLOW) != 0 ||
      fchmodat(into, name, info.st_mode & 07777, 0) != 0) {
    return ErrnoStatus(errno, Concat("set the owner of the device ", name));
  }
  return absl::OkStatus();
}

// Every device node below `from`, in the same directories.
Status CopyNodes(Fd from, int into, int depth) {
  std::unique_ptr<DIR, int (*)(DIR*)> stream(fdopendir(from.get()), closedir);
  if (!stream) return ErrnoStatus(errno, "list the host's devices");
  const int directory = from.Release();  // the stream's now
  while (const dirent* entry = readdir(stream.get())) {
    struct stat info {};
    if (IsOwn(entry->d_name) || fstatat(directory, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) RETURN_IF_ERROR(CopyNode(into, entry->d_name, info));
    if (!S_ISDIR(info.st_mode) || depth >= kMaxDepth) continue;
    if (mkdirat(into, entry->d_name, 0755) != 0) return ErrnoStatus(errno, "make a directory of devices");
    ASSIGN_OR_RETURN(Fd below, OpenBeneath(directory, entry->d_name, O_RDONLY | O_DIRECTORY));
    ASSIGN_OR_RETURN(Fd copy, OpenBeneath(into, entry->d_name, O_RDONLY | O_DIRECTORY));
    RETURN_IF_ERROR(CopyNodes(std::move(below), copy.get(), depth + 1));
  }
  return absl::OkStatus();
}

Status AttachAt(int rootfs, const std::string& path, int tree, bool directory) {
  ASSIGN_OR_RETURN(Fd place, MakePlace(rootfs, path, directory));
  return AttachTree(tree, place.get(), Concat("mount ", path));
}

Status MountPts(int rootfs) {
  ASSIGN_OR_RETURN(Fd pts,
                   NewMount("devpts", {{"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}}, kQuiet));
  return AttachAt(rootfs, "/dev/pts", pts.get(), true);
}

Status MountIpc(const ImageRootSources& sources, int rootfs) {
  constexpr unsigned kPlain = kQuiet | MOUNT_ATTR_NODEV;
  Fd own_shm, own_queues;
  if (!sources.shm) {
    ASSIGN_OR_RETURN(own_shm, NewMount("tmpfs", {{"mode", "1777"}, {"size", "65536k"}}, kPlain));
  }
  RETURN_IF_ERROR(AttachAt(rootfs, "/dev/shm", (own_shm ? own_shm : sources.shm).get(), true));
  if (!sources.mqueue) {
    StatusOr<Fd> queues = NewMount("mqueue", {}, kPlain);
    if (!queues.ok()) return absl::OkStatus();  // a kernel without POSIX queues
    own_queues = *std::move(queues);
  }
  return AttachAt(rootfs, "/dev/mqueue", (own_queues ? own_queues : sources.mqueue).get(), true);
}

}  // namespace

Status MakeDev(const ImageRoot& asked, const ImageRootSources& sources, int rootfs) {
  unsigned attributes = MOUNT_ATTR_NOSUID | (asked.host_devices() ? 0 : MOUNT_ATTR_NODEV);
  ASSIGN_OR_RETURN(Fd tmpfs, NewMount("tmpfs", {{"mode", "755"}, {"size", "65536k"}}, attributes));
  RETURN_IF_ERROR(AttachAt(rootfs, "/dev", tmpfs.get(), true));
  ASSIGN_OR_RETURN(Fd dev, OpenInRoot(rootfs, "/dev", O_RDONLY | O_DIRECTORY));
  if (asked.host_devices()) {
    ASSIGN_OR_RETURN(Fd host, OpenFile("/dev", O_RDONLY | O_DIRECTORY));
    RETURN_IF_ERROR(CopyNodes(std::move(host), dev.get(), 0));
  }
  for (const Link& link : kLinks) {
    // The host's /dev may have had a node of that name (ptmx).
    unlinkat(dev.get(), link.name, 0);
    if (symlinkat(link.target, dev.get(), link.name) != 0) {
      return ErrnoStatus(errno, Concat("make /dev/", link.name));
    }
  }
  RETURN_IF_ERROR(MountPts(rootfs));
  RETURN_IF_ERROR(MountIpc(sources, rootfs));
  for (const ImageRootSources::Device& device : sources.devices) {
    RETURN_IF_ERROR(AttachAt(rootfs, device.path, device.tree.get(), device.directory));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
