#include "volumes/layout_bind_linux.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/file_linux.hpp"
#include "volumes/path.hpp"

namespace jobpod {
namespace {

// A HostProcess container has the host's identity, and a bind on a file its owner renames is dropped.
bool IsHostIdentity(const std::string& target) {
  static constexpr std::array<std::string_view, 3> kFiles{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"};
  return std::find(kFiles.begin(), kFiles.end(), target) != kFiles.end();
}

class BindLayout {
 public:
  BindLayout(const std::string& owner, const std::string& root, std::vector<CheckedVolume>& volumes,
             MountStubs& stubs)
      : owner_(owner), root_(root), volumes_(volumes), stubs_(stubs) {}

  Status MakeRoot() {
    RETURN_IF_ERROR(stubs_.Make({owner_, "/", root_, true}));
    Status real = OpenFile(root_, O_PATH | O_DIRECTORY | O_NOFOLLOW).status();
    if (real.ok()) return real;
    return absl::FailedPreconditionError(
        Concat("Cannot show the container's files at ", root_, ": it must be a real directory, not a link"));
  }

  Status Place(size_t index) {
    CheckedVolume& volume = volumes_[index];
    bool identity = IsHostIdentity(volume.target);
    volume.mount.set_at_target(!identity);
    volume.mount.set_below_rootfs(true);
    if (identity) return absl::OkStatus();
    if (volume.place == root_ || IsBelow(root_, volume.place)) return HidesRoot(volume);
    const CheckedVolume* around = VolumeAround(volumes_, index);
    if (around != nullptr) return PlaceInside(volume, *around);
    if (IsBelow(volume.place, root_)) return absl::OkStatus();  // made in the writable layer by the child
    return stubs_.Make({owner_, "/", volume.target, volume.directory});
  }

 private:
  Status HidesRoot(const CheckedVolume& volume) const {
    return absl::InvalidArgumentError(
        Concat("container_path \"", volume.target, "\" would hide the image's files at ", root_));
  }

  // The mount point of a volume inside another one belongs into that one's files.
  Status PlaceInside(CheckedVolume& volume, const CheckedVolume& around) {
    if (around.mount.image_layers_size() > 0)
      return absl::OkStatus();  // read-only: the child finds it, or says so
    std::string path = volume.place.substr(around.place.size());
    if (!around.directory) {
      return absl::InvalidArgumentError(
          Concat("container_path \"", volume.target, "\" lies below ", around.target, ", which is a file"));
    }
    if (around.mount.propagation() == PROPAGATION_SHARED) return PlaceInShared(volume, around, path);
    return stubs_.Make({owner_, around.mount.source(), path, volume.directory});
  }

  // A mount inside a shared one would appear on the host, and stay there. The usual wish, a part of the same
  // directory again, needs no mount at all.
  static Status PlaceInShared(CheckedVolume& volume, const CheckedVolume& around, const std::string& path) {
    if (volume.mount.source() != CleanPath(around.mount.source() + path) || volume.mount.readonly()) {
      return absl::InvalidArgumentError(
          Concat("container_path \"", volume.target, "\" lies inside the volume ", around.target,
                 ", whose BIDIRECTIONAL propagation would show the mount to the host; "
                 "choose another container_path"));
    }
    volume.mount.set_at_target(false);
    volume.mount.set_below_rootfs(false);
    return absl::OkStatus();
  }

  const std::string& owner_;
  const std::string root_;
  std::vector<CheckedVolume>& volumes_;
  MountStubs& stubs_;
};

}  // namespace

StatusOr<MountList> PrepareBind(const std::string& owner, const RootMount& root,
                                std::vector<CheckedVolume> volumes, MountStubs& stubs) {
  BindLayout layout(owner, CleanPath(root.target()), volumes, stubs);
  RETURN_IF_ERROR(layout.MakeRoot());
  for (size_t i = 0; i < volumes.size(); ++i) RETURN_IF_ERROR(layout.Place(i));
  MountList list;
  list.set_private_namespace(true);
  *list.mutable_root() = root;
  for (CheckedVolume& volume : volumes) *list.add_mounts() = std::move(volume.mount);
  return list;
}

}  // namespace jobpod
