#include "volumes/image_volume_linux.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>

#include "base/file_linux.hpp"
#include "base/scope_exit.hpp"
#include "volumes/mount_call_linux.hpp"
#include "volumes/overlay_linux.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kPrefix = "ImageVolumeMountFailed";

StatusOr<Fd> OpenSubPath(int root, const Mount& mount) {
  const std::string& sub_path = mount.image_sub_path();
  StatusOr<Fd> found = OpenInRoot(root, sub_path.empty() ? "." : sub_path, O_PATH);
  if (found.ok()) return found;
  return Status(found.status().code(), Concat(kPrefix, ": the image volume for ", mount.target(),
                                              " has no \"", sub_path, "\" (", Message(found.status()), ")"));
}

}  // namespace

StatusOr<Fd> CloneImageTree(int root, const Mount& mount) {
  ASSIGN_OR_RETURN(Fd files, OpenSubPath(root, mount));
  std::string what = Concat(kPrefix, ": cannot open the image volume for ", mount.target());
  ASSIGN_OR_RETURN(Fd tree, CloneTree(files.get(), false, what));
  RETURN_IF_ERROR(SetPropagation(tree.get(), PROPAGATION_PRIVATE, what));
  RETURN_IF_ERROR(SetReadonly(tree.get(), what));
  return tree;
}

StatusOr<Fd> OpenImageVolume(const Mount& mount) {
  const std::string& top = mount.image_layers(0);
  ASSIGN_OR_RETURN(Fd layer, OpenFile(top, O_PATH | O_DIRECTORY));
  if (mount.image_layers_size() == 1) return CloneImageTree(layer.get(), mount);
  RETURN_IF_ERROR(Annotate(MountOverlay(mount.image_layers(), "", "", layer.get()), kPrefix));
  ScopeExit unmount([&] { umount2(top.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW); });
  ASSIGN_OR_RETURN(Fd root, OpenFile(top, O_PATH | O_DIRECTORY));
  return CloneImageTree(root.get(), mount);
}

}  // namespace jobpod
