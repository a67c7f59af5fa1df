#include "volumes/layout_image_root_linux.hpp"

namespace jobpod {

StatusOr<MountList> PrepareImageRoot(const RootMount& root, std::vector<CheckedVolume> volumes) {
  MountList list;
  list.set_private_namespace(true);
  *list.mutable_root() = root;
  list.mutable_root()->set_target("/");
  list.mutable_image_root();
  for (CheckedVolume& volume : volumes) {
    volume.mount.set_at_target(true);
    *list.add_mounts() = std::move(volume.mount);
  }
  return list;
}

}  // namespace jobpod
