#include "volumes/mount_enter_linux.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "volumes/image_root_linux.hpp"
#include "volumes/image_volume_linux.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/overlay_linux.hpp"
#include "volumes/path.hpp"
#include "volumes/rootfs_walk_linux.hpp"

namespace jobpod {
namespace {

std::string Sentence(const Mount& mount) {
  return Concat("Cannot mount ", mount.source().empty() ? "the image volume" : mount.source(), " at ",
                mount.target());
}

// The daemon resolved the links; one that is there now was put there since and is not followed.
StatusOr<Fd> OpenSource(const Mount& mount) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  long fd = syscall(SYS_openat2, AT_FDCWD, mount.source().c_str(), &how, sizeof how);
  if (fd >= 0) return Fd(static_cast<int>(fd));
  if (errno == ELOOP) {
    return absl::FailedPreconditionError(Concat(Sentence(mount),
                                                ": a symbolic link has taken the place of a part of ",
                                                mount.source(), " since the container was created"));
  }
  return ErrnoStatus(errno, Sentence(mount));
}

StatusOr<Fd> OpenTree(const Mount& mount) {
  if (mount.image_layers_size() > 1) return Fd();  // an overlay: mounted in the container's namespace
  if (mount.image_layers_size() == 1) return OpenImageVolume(mount);
  ASSIGN_OR_RETURN(Fd source, OpenSource(mount));
  ASSIGN_OR_RETURN(Fd tree, CloneTree(source.get(), true, Sentence(mount)));
  RETURN_IF_ERROR(SetPropagation(tree.get(), mount.propagation(), Sentence(mount)));
  if (mount.readonly()) RETURN_IF_ERROR(SetReadonly(tree.get(), Sentence(mount)));
  return tree;
}

// The mount point as an open directory of our namespace; a link in its place is not followed.
StatusOr<Fd> OpenRootTarget(const RootMount& root) {
  StatusOr<Fd> target = OpenFile(root.target(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
  return target.ok()
             ? std::move(target)
             : Annotate(target.status(), Concat("Cannot show the container's files at ", root.target()));
}

// One container's way into its own view.
class Entry {
 public:
  Entry(const MountList& list, const MountSources& sources) : list_(list), sources_(sources) {}

  Status Run() {
    RETURN_IF_ERROR(LeaveHostNamespace());
    RETURN_IF_ERROR(OpenImageVolumes());
    ASSIGN_OR_RETURN(Fd target, OpenRootTarget(list_.root()));
    RETURN_IF_ERROR(MountRoot(list_.root(), target.get()));
    ASSIGN_OR_RETURN(rootfs_, OpenRootTarget(list_.root()));  // again: now the root of the new mount
    for (int i = 0; i < list_.mounts_size(); ++i) {
      RETURN_IF_ERROR(Annotate(Attach(list_.mounts(i), TreeOf(i)), Sentence(list_.mounts(i))));
    }
    return absl::OkStatus();
  }

 private:
  int TreeOf(int i) const {
    auto at = static_cast<size_t>(i);
    return image_trees_[at] ? image_trees_[at].get() : sources_.trees[at].get();
  }

  Status OpenImageVolumes() {
    image_trees_.resize(static_cast<size_t>(list_.mounts_size()));
    for (int i = 0; i < list_.mounts_size(); ++i) {
      const Mount& mount = list_.mounts(i);
      if (mount.image_layers_size() < 2) continue;
      ASSIGN_OR_RETURN(image_trees_[static_cast<size_t>(i)], OpenImageVolume(mount));
    }
    return absl::OkStatus();
  }

  Status Attach(const Mount& mount, int tree) {
    ASSIGN_OR_RETURN(bool directory, IsDirectory(tree));
    std::string target = CleanPath(mount.target());
    std::string root = CleanPath(list_.root().target());
    // Inside the rootfs' own place there is one path, not two.
    if (IsBelow(target, root)) return AttachInRootfs(tree, target.substr(root.size()), directory);
    if (!mount.at_target())
      return mount.below_rootfs() ? AttachInRootfs(tree, target, directory) : absl::OkStatus();
    RETURN_IF_ERROR(AttachInView(tree, target, directory));
    if (!mount.below_rootfs()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Fd second, CloneTree(tree, true, "copy the mount"));
    return AttachInRootfs(second.get(), target, directory);
  }

  // A directory goes where the host's own links lead (/var/run is /run). A file goes on the name itself:
  // behind a link there is a file some other program rewrites.
  Status AttachInView(int tree, const std::string& target, bool directory) {
    ASSIGN_OR_RETURN(Fd place, OpenFile(target, O_PATH | (directory ? O_DIRECTORY : O_NOFOLLOW)));
    return AttachTree(tree, place.get(), "attach");
  }

  Status AttachInRootfs(int tree, const std::string& target, bool directory) {
    ASSIGN_OR_RETURN(Fd place, MakeRootfsTarget(rootfs_.get(), target, directory));
    return AttachTree(tree, place.get(), "attach below the rootfs");
  }

  static StatusOr<bool> IsDirectory(int tree) {
    struct stat info {};
    if (fstat(tree, &info) != 0) return ErrnoStatus(errno, "look at the source");
    return S_ISDIR(info.st_mode);
  }

  const MountList& list_;
  const MountSources& sources_;
  Fd rootfs_;
  std::vector<Fd> image_trees_;  // only the overlays; the others stand in sources_
};

}  // namespace

StatusOr<MountSources> OpenMountSources(const MountList& list, int pod_mounts) {
  MountSources sources;
  if (!list.private_namespace()) return sources;
  for (const Mount& mount : list.mounts()) {
    ASSIGN_OR_RETURN(Fd tree, OpenTree(mount));
    sources.trees.push_back(std::move(tree));
  }
  if (list.has_image_root()) {
    ASSIGN_OR_RETURN(sources.image_root, OpenImageRootSources(list.image_root(), pod_mounts));
  }
  return sources;
}

Status EnterMounts(const MountList& list, const MountSources& sources) {
  if (!list.private_namespace()) return absl::OkStatus();
  if (sources.trees.size() != static_cast<size_t>(list.mounts_size())) {
    return absl::InternalError("The mounts' sources do not belong to this list");
  }
  return list.has_image_root() ? EnterImageRoot(list, sources) : Entry(list, sources).Run();
}

}  // namespace jobpod
