#include "volumes/image_root_sources_linux.hpp"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "volumes/mount_call_linux.hpp"

namespace jobpod {
namespace {

constexpr const char* kStandardDevices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                            "/dev/random", "/dev/urandom", "/dev/tty"};

StatusOr<Fd> ClonePrivate(const std::string& path, bool recursive) {
  ASSIGN_OR_RETURN(Fd source, OpenFile(path, O_PATH));
  ASSIGN_OR_RETURN(Fd tree, CloneTree(source.get(), recursive, Concat("copy the mount ", path)));
  RETURN_IF_ERROR(SetPropagation(tree.get(), PROPAGATION_PRIVATE, Concat("copy the mount ", path)));
  return tree;
}

// Binds, not nodes of our own: every file system the container can write is mounted nodev, so that a node
// it makes itself opens nothing.
StatusOr<ImageRootSources::Device> CloneDevice(const std::string& host_path, const std::string& path) {
  StatusOr<Fd> tree = ClonePrivate(host_path, true);
  if (!tree.ok()) return Annotate(tree.status(), Concat("give the container the device ", host_path));
  struct stat info {};
  if (fstat(tree->get(), &info) != 0) return ErrnoStatus(errno, Concat("look at ", host_path));
  if (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode) || S_ISDIR(info.st_mode)) {
    return ImageRootSources::Device{*std::move(tree), path, S_ISDIR(info.st_mode)};
  }
  return absl::InvalidArgumentError(
      Concat("devices: ", host_path, " is neither a device nor a directory of devices"));
}

// The namespace of the pod's holder has nothing but the shared memory, as its root.
StatusOr<Fd> ClonePodShm(int pod_mounts) {
  ASSIGN_OR_RETURN(Fd ours, OpenFile("/proc/self/ns/mnt", O_RDONLY));
  if (setns(pod_mounts, CLONE_NEWNS) != 0) return ErrnoStatus(errno, "look at the pod's shared memory");
  StatusOr<Fd> root = OpenFile("/", O_PATH | O_DIRECTORY);
  StatusOr<Fd> shm = root.ok() ? CloneTree(root->get(), false, "share the pod's memory") : root.status();
  if (setns(ours.get(), CLONE_NEWNS) != 0) return ErrnoStatus(errno, "come back to the host's mounts");
  return shm;
}

Status OpenIpc(const ImageRoot& asked, int pod_mounts, ImageRootSources& sources) {
  if (asked.host_ipc()) {
    ASSIGN_OR_RETURN(sources.shm, ClonePrivate("/dev/shm", false));
    if (StatusOr<Fd> queues = ClonePrivate("/dev/mqueue", false); queues.ok()) {
      sources.mqueue = *std::move(queues);
    }
  }
  if (!asked.pod_ipc()) return absl::OkStatus();
  ASSIGN_OR_RETURN(sources.shm, ClonePodShm(pod_mounts));
  return absl::OkStatus();
}

bool HasPureCgroup2() {
  struct statfs info {};
  return statfs("/sys/fs/cgroup", &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

StatusOr<ImageRootSources> OpenImageRootSources(const ImageRoot& asked, int pod_mounts) {
  ImageRootSources sources;
  for (const char* path : kStandardDevices) {
    if (asked.host_devices()) break;  // then it has nodes of its own
    ASSIGN_OR_RETURN(auto device, CloneDevice(path, path));
    sources.devices.push_back(std::move(device));
  }
  for (const DeviceNode& node : asked.devices()) {
    ASSIGN_OR_RETURN(auto device, CloneDevice(node.host_path(), node.path()));
    sources.devices.push_back(std::move(device));
  }
  RETURN_IF_ERROR(OpenIpc(asked, pod_mounts, sources));
  if (HasPureCgroup2()) return sources;
  if (StatusOr<Fd> groups = ClonePrivate("/sys/fs/cgroup", true); groups.ok()) {
    sources.cgroups = *std::move(groups);
  }
  return sources;
}

}  // namespace jobpod
