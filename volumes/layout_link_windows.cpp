#include "volumes/layout_link_windows.hpp"

#include <winternl.h>

#include "base/file_windows.hpp"
#include "base/protected_directory_windows.hpp"
#include "base/win32_windows.hpp"
#include "volumes/rootfs_walk_windows.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kRemedy = "; use the runtime handler \"hostprocess\" on a host with the bind filter";

// What kubelet keeps for one pod alone may be linked although it is asked for read-only: it is rewritten by kubelet
// anyway, and every service account's token is asked for so.
Status CheckHonoured(const std::vector<CheckedVolume>& volumes, size_t index) {
  const CheckedVolume& volume = volumes[index];
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(
        Concat("container_path \"", volume.target.Text(), "\" cannot be given in the link layout: ", why, kRemedy));
  };
  if (volume.image)
    return absl::InvalidArgumentError(Concat("ImageVolumeMountFailed: the image volume for ", volume.target.Text(),
                                             " must be read-only, which a link cannot be", kRemedy));
  for (size_t i = 0; i < index; ++i)
    if (IsWithin(volume.target, volumes[i].target)) return refuse("it lies inside another volume");
  const bool honoured =
      !volume.mount.readonly() || volume.source_readonly || IsKubeletContent(volume.mount.source());
  return honoured ? absl::OkStatus() : refuse("a link cannot make it read-only");
}

std::string WithoutLast(const std::string& path) { return path.substr(0, path.rfind('\\')); }

// Who may write to the link root, or owns it, could lead a container of SYSTEM's to other files.
Status LinkRoot(const std::string& owner, const RootMount& root, HostItems& items) {
  const std::string parent_path = WithoutLast(root.target());
  RETURN_IF_ERROR(ProtectDirectory(parent_path, OthersMay::kRead));
  ASSIGN_OR_RETURN(const Handle parent, OpenPath(parent_path, FILE_LIST_DIRECTORY | FILE_TRAVERSE | FILE_ADD_FILE |
                                                                  FILE_ADD_SUBDIRECTORY | SYNCHRONIZE,
                                                 OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS));
  return Annotate(items.Link(owner, parent.get(), parent_path, owner, root.upper(), true),
                  Concat("failed to bind rootfs to ", root.target()));
}

Status LinkVolume(const std::string& owner, const std::string& rootfs, const CheckedVolume& volume,
                  HostItems& items) {
  ASSIGN_OR_RETURN(const RootfsPlace place, MakeRootfsParent(rootfs, volume.target.names));
  std::string parent_path = rootfs;
  for (size_t at = 0; at + 1 < place.names.size(); ++at) parent_path += "\\" + Utf8(place.names[at]);
  RETURN_IF_ERROR(RemoveTreeAt(place.parent.get(), place.names.back()));
  return items.Link(owner, place.parent.get(), parent_path, Utf8(place.names.back()), volume.mount.source(),
                    volume.directory);
}

}  // namespace

StatusOr<MountList> PrepareLink(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, HostItems& items) {
  for (size_t i = 0; i < volumes.size(); ++i) RETURN_IF_ERROR(CheckHonoured(volumes, i));
  RETURN_IF_ERROR(LinkRoot(owner, root, items));
  MountList list;
  *list.mutable_root() = root;
  for (const CheckedVolume& volume : volumes) {
    RETURN_IF_ERROR(Annotate(LinkVolume(owner, root.upper(), volume, items),
                             Concat("failed to setup mount for job container: link ", volume.mount.source(), " at ",
                                    volume.target.Text(), " below the rootfs")));
    Mount& mount = *list.add_mounts();
    mount = volume.mount;
    mount.set_below_rootfs(true);
  }
  return list;
}

}  // namespace jobpod
