#include "volumes/layout_bind_windows.hpp"

#include <winternl.h>

#include "base/file_windows.hpp"
#include "volumes/rootfs_walk_windows.hpp"

namespace jobpod {
namespace {

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('\\')); }

// There or above, a volume would hide the container's files, or be hidden by them.
Status CheckBesideRoot(const RootMount& root, const CheckedVolume& volume) {
  ASSIGN_OR_RETURN(const WindowsTarget files, ParseWindowsTarget(root.target()));
  if (!IsWithin(files, volume.target)) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("container_path \"", volume.target.Text(), "\" is where the container's own files are (",
                                           root.target(), "); choose one below it or elsewhere"));
}

// The binding's own name needs no file; one that the image has there is hidden. The directory it lies in is looked for
// on the host, too, by whoever asks the filter: also below the rootfs, which nobody on the host sees there.
Status PreparePlaces(const std::string& owner, const RootMount& root, const CheckedVolume& volume,
                     HostItems& items) {
  RETURN_IF_ERROR(items.Directories(owner, ParentOf(volume.target.Text())));
  // Below it on the host nobody is to put a link in the way of a binding.
  RETURN_IF_ERROR(items.ProtectedDirectory(owner, root.target()));
  const WindowsTarget below{root.target(), volume.target.names};
  RETURN_IF_ERROR(items.Directories(owner, ParentOf(below.Text())));
  return MakeRootfsParent(root.upper(), volume.target.names).status();
}

}  // namespace

StatusOr<MountList> PrepareBind(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, HostItems& items) {
  MountList list;
  list.set_private_namespace(true);
  *list.mutable_root() = root;
  for (const CheckedVolume& volume : volumes) RETURN_IF_ERROR(CheckBesideRoot(root, volume));
  RETURN_IF_ERROR(Annotate(items.Directories(owner, ParentOf(root.target())),
                           Concat("failed to bind rootfs to ", root.target())));
  for (const CheckedVolume& volume : volumes) {
    RETURN_IF_ERROR(Annotate(PreparePlaces(owner, root, volume, items),
                             Concat("failed to bind target \"", volume.target.Text(), "\" to root \"",
                                    volume.mount.source(), "\" for job object")));
    Mount& mount = *list.add_mounts();
    mount = volume.mount;
    mount.set_at_target(true);
    mount.set_below_rootfs(true);
  }
  return list;
}

}  // namespace jobpod
