#include "volumes/layout_link_linux.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "base/file.hpp"
#include "base/file_linux.hpp"
#include "base/log.hpp"
#include "volumes/mount_info_linux.hpp"
#include "volumes/overlay_linux.hpp"
#include "volumes/path.hpp"
#include "volumes/rootfs_walk_linux.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kRemedy = "; use the runtime handler \"hostprocess\"";

struct Link {
  RootfsPlace place;
  const CheckedVolume* volume;
};

StatusOr<bool> IsReadonly(const std::string& source) {
  ASSIGN_OR_RETURN(Fd opened, OpenFile(source, O_PATH));
  ASSIGN_OR_RETURN(MountInfo info, MountOf(opened.get()));
  return info.readonly;
}

Status CheckHonoured(const std::vector<CheckedVolume>& volumes, size_t index) {
  const CheckedVolume& volume = volumes[index];
  auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        Concat("container_path \"", volume.target, "\" cannot be given in the link layout: ", why, kRemedy));
  };
  if (volume.mount.image_layers_size() > 0) {
    return absl::InvalidArgumentError(Concat("ImageVolumeMountFailed: the image volume for ", volume.target,
                                             " must be read-only, which a link cannot be", kRemedy));
  }
  for (size_t i = 0; i < index; ++i) {
    if (IsBelow(volume.target, volumes[i].target)) return refuse("it lies inside another volume");
  }
  if (!volume.mount.readonly()) return absl::OkStatus();
  ASSIGN_OR_RETURN(bool readonly, IsReadonly(volume.mount.source()));
  return readonly ? absl::OkStatus() : refuse("a link cannot make it read-only");
}

Status MountOnHost(const std::string& owner, const RootMount& root, Journal& journal) {
  const std::string& path = root.target();
  RETURN_IF_ERROR(MakeDirectories(path.substr(0, path.rfind('/'))));
  RETURN_IF_ERROR(journal.Write({owner, "directory", path}));
  if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) return ErrnoStatus(errno, Concat("make ", path));
  ASSIGN_OR_RETURN(Fd target, OpenFile(path, O_PATH | O_DIRECTORY | O_NOFOLLOW));
  RETURN_IF_ERROR(journal.Write({owner, "mount", path}));
  return MountRoot(root, target.get());
}

StatusOr<Link> MakeLink(int rootfs, const CheckedVolume& volume) {
  std::string what = Concat("Cannot link ", volume.target, " below the rootfs");
  ASSIGN_OR_RETURN(RootfsPlace place, MakeRootfsParent(rootfs, volume.target));
  RETURN_IF_ERROR(Annotate(RemoveTreeAt(place.parent.get(), place.name), what));
  if (symlinkat(volume.mount.source().c_str(), place.parent.get(), place.name.c_str()) != 0) {
    return ErrnoStatus(errno, what);
  }
  return Link{std::move(place), &volume};
}

// A later volume whose path leads through an earlier one's link (by way of the image's own links) has
// rewritten that link.
Status CheckStillThere(const Link& link) {
  std::string target(PATH_MAX, '\0');
  ssize_t size = readlinkat(link.place.parent.get(), link.place.name.c_str(), target.data(), target.size());
  target.resize(size < 0 ? 0 : static_cast<size_t>(size));
  if (target == link.volume->mount.source()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("container_path \"", link.volume->target,
             "\" cannot be given in the link layout: another volume lies inside it "
             "through the image's links",
             kRemedy));
}

Status MakeLinks(const RootMount& root, const std::vector<CheckedVolume>& volumes) {
  ASSIGN_OR_RETURN(Fd rootfs, OpenFile(root.target(), O_PATH | O_DIRECTORY | O_NOFOLLOW));
  std::vector<Link> links;
  for (const CheckedVolume& volume : volumes) {
    ASSIGN_OR_RETURN(Link link, MakeLink(rootfs.get(), volume));
    links.push_back(std::move(link));
  }
  for (const Link& link : links) RETURN_IF_ERROR(CheckStillThere(link));
  return absl::OkStatus();
}

}  // namespace

StatusOr<MountList> PrepareLink(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, Journal& journal) {
  for (size_t i = 0; i < volumes.size(); ++i) RETURN_IF_ERROR(CheckHonoured(volumes, i));
  RETURN_IF_ERROR(MountOnHost(owner, root, journal));
  RETURN_IF_ERROR(MakeLinks(root, volumes));
  MountList list;
  *list.mutable_root() = root;
  for (const CheckedVolume& volume : volumes) {
    Mount& mount = *list.add_mounts();
    mount = volume.mount;
    mount.set_below_rootfs(true);
  }
  return list;
}

Status UndoLink(const JournalEntry& entry, Journal& journal) {
  if (entry.kind == "mount") {
    bool gone =
        umount2(entry.path.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0 || errno == EINVAL || errno == ENOENT;
    if (!gone) return ErrnoStatus(errno, Concat("Cannot unmount the container's files at ", entry.path));
  } else if (rmdir(entry.path.c_str()) != 0 && errno != ENOENT) {
    log::warn("the directory {} stays on the host: {}", entry.path, strerror(errno));
  }
  return journal.Strike(entry.owner, entry.kind, entry.path);
}

}  // namespace jobpod
