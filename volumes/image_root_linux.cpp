#include "volumes/image_root_linux.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "volumes/image_root_dev_linux.hpp"
#include "volumes/image_root_place_linux.hpp"
#include "volumes/image_volume_linux.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/new_mount_linux.hpp"
#include "volumes/overlay_linux.hpp"
#include "volumes/path.hpp"
#include "volumes/pivot_linux.hpp"

namespace jobpod {
namespace {

constexpr unsigned kPlain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

std::string Sentence(const Mount& mount) {
  return Concat("Cannot mount ", mount.source().empty() ? "the image volume" : mount.source(), " at ",
                mount.target());
}

StatusOr<bool> IsDirectory(int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return ErrnoStatus(errno, "look at a mount's source");
  return S_ISDIR(info.st_mode);
}

class ImageRootEntry {
 public:
  ImageRootEntry(const MountList& list, const MountSources& sources)
      : list_(list), asked_(list.image_root()), sources_(sources) {}

  Status Run() {
    RETURN_IF_ERROR(LeaveHostNamespace());
    RETURN_IF_ERROR(OpenImageVolumes());
    RETURN_IF_ERROR(MountImage());
    RETURN_IF_ERROR(MountSystem());
    RETURN_IF_ERROR(MakeDev(asked_, sources_.image_root, rootfs_.get()));
    ASSIGN_OR_RETURN(null_, OpenInRoot(rootfs_.get(), "/dev/null", O_PATH | O_NOFOLLOW));
    for (int i = 0; i < list_.mounts_size(); ++i) {
      RETURN_IF_ERROR(Annotate(AttachVolume(i), Sentence(list_.mounts(i))));
    }
    for (const std::string& path : asked_.readonly_paths()) RETURN_IF_ERROR(MakeReadonly(path));
    for (const std::string& path : asked_.masked_paths()) RETURN_IF_ERROR(Mask(path));
    if (asked_.readonly()) RETURN_IF_ERROR(SetReadonly(rootfs_.get(), "make the rootfs read-only"));
    return PivotInto(rootfs_.get());
  }

 private:
  Status OpenImageVolumes() {
    image_trees_.resize(static_cast<size_t>(list_.mounts_size()));
    for (int i = 0; i < list_.mounts_size(); ++i) {
      if (list_.mounts(i).image_layers_size() < 2) continue;
      ASSIGN_OR_RETURN(image_trees_[static_cast<size_t>(i)], OpenImageVolume(list_.mounts(i)));
    }
    return absl::OkStatus();
  }

  // On its own writable layer, which every container has: only this namespace sees it there.
  Status MountImage() {
    const std::string& place = list_.root().upper();
    ASSIGN_OR_RETURN(Fd below, OpenFile(place, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    RETURN_IF_ERROR(MountRoot(list_.root(), below.get()));
    ASSIGN_OR_RETURN(rootfs_, OpenFile(place, O_PATH | O_DIRECTORY | O_NOFOLLOW));
    if (asked_.host_devices()) return absl::OkStatus();
    return AddMountAttributes(rootfs_.get(), MOUNT_ATTR_NODEV, false, "mount the image's files nodev");
  }

  Status Attach(int tree, const std::string& path, bool directory = true) {
    ASSIGN_OR_RETURN(Fd place, MakePlace(rootfs_.get(), path, directory));
    return AttachTree(tree, place.get(), Concat("mount ", path));
  }

  Status MountSystem() {
    unsigned readonly = asked_.writable_system() ? 0 : MOUNT_ATTR_RDONLY;
    ASSIGN_OR_RETURN(Fd proc, NewMount("proc", {}, kPlain));
    RETURN_IF_ERROR(Attach(proc.get(), "/proc"));
    ASSIGN_OR_RETURN(Fd sys, NewMount("sysfs", {}, kPlain | readonly));
    RETURN_IF_ERROR(Attach(sys.get(), "/sys"));
    // Absent where the kernel has no cgroups; nothing to show then.
    StatusOr<Fd> place = OpenInRoot(rootfs_.get(), "/sys/fs/cgroup", O_PATH | O_DIRECTORY);
    if (!place.ok()) return absl::OkStatus();
    if (!sources_.image_root.cgroups) {
      ASSIGN_OR_RETURN(Fd groups, NewMount("cgroup2", {}, kPlain | readonly));
      return AttachTree(groups.get(), place->get(), "mount /sys/fs/cgroup");
    }
    int groups = sources_.image_root.cgroups.get();
    RETURN_IF_ERROR(AddMountAttributes(groups, kPlain | readonly, true, "mount /sys/fs/cgroup"));
    return AttachTree(groups, place->get(), "mount /sys/fs/cgroup");
  }

  Status AttachVolume(int i) {
    auto at = static_cast<size_t>(i);
    const Mount& mount = list_.mounts(i);
    int tree = image_trees_[at] ? image_trees_[at].get() : sources_.trees[at].get();
    // A node the container makes in a volume must not open a device of the host.
    unsigned attributes = asked_.host_devices() ? 0 : MOUNT_ATTR_NODEV;
    if (mount.recursive_readonly()) attributes |= MOUNT_ATTR_RDONLY;
    if (attributes != 0) {
      RETURN_IF_ERROR(AddMountAttributes(tree, attributes, true, "restrict the mount"));
    }
    ASSIGN_OR_RETURN(bool directory, IsDirectory(tree));
    return Attach(tree, mount.target(), directory);
  }

  Status MakeReadonly(const std::string& path) {
    std::string what = Concat("make ", path, " read-only");
    StatusOr<Fd> place = OpenInRoot(rootfs_.get(), path, O_PATH);
    if (absl::IsNotFound(place.status())) return absl::OkStatus();
    RETURN_IF_ERROR(Annotate(place.status(), what));
    ASSIGN_OR_RETURN(Fd tree, CloneTree(place->get(), true, what));
    RETURN_IF_ERROR(AddMountAttributes(tree.get(), MOUNT_ATTR_RDONLY, true, what));
    return AttachTree(tree.get(), place->get(), what);
  }

  Status Mask(const std::string& path) {
    std::string what = Concat("hide ", path);
    StatusOr<Fd> place = OpenInRoot(rootfs_.get(), path, O_PATH);
    if (absl::IsNotFound(place.status())) return absl::OkStatus();
    RETURN_IF_ERROR(Annotate(place.status(), what));
    ASSIGN_OR_RETURN(bool directory, IsDirectory(place->get()));
    if (directory) {
      ASSIGN_OR_RETURN(Fd empty, NewMount("tmpfs", {{"size", "0"}}, kPlain | MOUNT_ATTR_RDONLY));
      return AttachTree(empty.get(), place->get(), what);
    }
    ASSIGN_OR_RETURN(Fd null, CloneTree(null_.get(), false, what));
    return AttachTree(null.get(), place->get(), what);
  }

  const MountList& list_;
  const ImageRoot& asked_;
  const MountSources& sources_;
  Fd rootfs_;
  Fd null_;                      // hides files
  std::vector<Fd> image_trees_;  // only the overlays; the others stand in sources_
};

}  // namespace

Status EnterImageRoot(const MountList& list, const MountSources& sources) {
  return ImageRootEntry(list, sources).Run();
}

}  // namespace jobpod
