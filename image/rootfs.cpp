#include "image/rootfs.hpp"

#include <algorithm>
#include <sstream>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "image/digest.hpp"
#include "image/disk.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod {
namespace {

Status CheckId(const std::string& id) {
  if (id.size() <= 128 && IsIdOrPrefix(id)) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat("\"", id.substr(0, 100), "\" is no container id"));
}

// An image without layers still needs one directory to mount.
std::string EmptyLayer(const std::string& root) {
  return Concat(root, "/empty");
}

}  // namespace

std::string RootfsStore::Path(const std::string& container_id) const {
  return Concat(directory_, "/", container_id);
}

StatusOr<std::unique_ptr<RootfsStore>> RootfsStore::Open(ImageCatalog& catalog) {
  std::unique_ptr<RootfsStore> store(new RootfsStore(catalog));
  RETURN_IF_ERROR(MakeDirectories(store->directory_, 0711));
  RETURN_IF_ERROR(MakeDirectories(EmptyLayer(catalog.root()), 0755));
  ASSIGN_OR_RETURN(const auto containers, ListDirectory(store->directory_));
  for (const std::string& id : containers) RETURN_IF_ERROR(store->HoldAgain(id));
  if (const auto found = store->Overlay(); !found.ok()) log::warn("{}", Message(found.status()));
  return store;
}

StatusOr<bool> RootfsStore::Overlay() {
  const std::lock_guard lock(mutex_);
  if (!overlay_) {
    ASSIGN_OR_RETURN(overlay_, OverlayWorks(catalog_.root()));
  }
  return *overlay_;
}

// The container may run on them: they are held even when the index knows nothing of them.
Status RootfsStore::HoldAgain(const std::string& container_id) {
  const auto text = ReadFile(Concat(Path(container_id), "/layers"));
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  std::vector<std::string> keys;
  std::istringstream lines(text.value_or(""));
  for (std::string line; std::getline(lines, line);)
    if (IsLayerKey(line)) keys.push_back(line);
  pins_[container_id].push_back(catalog_.layers().Pin(std::move(keys), LayerUser::kContainer));
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> RootfsStore::Hold(const std::string& container_id, const Image& image) {
  ASSIGN_OR_RETURN(LayerPins pins, catalog_.Hold(image));
  RETURN_IF_ERROR(MakeDirectories(Path(container_id), 0711));
  std::string lines;
  std::vector<std::string> lower;
  for (const std::string& key : pins.keys()) {
    lines += Concat(key, "\n");
    // Overlayfs refuses a directory twice, and the upper one hides all that the lower one has.
    const std::string path = catalog_.layers().Path(key);
    std::erase(lower, path);
    lower.insert(lower.begin(), path);
  }
  RETURN_IF_ERROR(AppendFile(Concat(Path(container_id), "/layers"), lines));
  if (lower.empty()) lower.push_back(EmptyLayer(catalog_.root()));
  const std::lock_guard lock(mutex_);
  pins_[container_id].push_back(std::move(pins));
  return lower;
}

StatusOr<Rootfs> RootfsStore::Prepare(const std::string& container_id, const ImagePointer& image) {
  RETURN_IF_ERROR(CheckId(container_id));
  ASSIGN_OR_RETURN(const bool overlay, Overlay());
  Rootfs out{{}, Concat(Path(container_id), "/upper"), Concat(Path(container_id), "/work"), image};
  const bool again = PathExists(out.upper);
  ScopeExit undo([&] {
    if (!again) Release(container_id).IgnoreError();
  });
  ASSIGN_OR_RETURN(out.lower, Hold(container_id, *image));
  if (overlay) {
    RETURN_IF_ERROR(MakeDirectories(out.upper, 0755));
    RETURN_IF_ERROR(CopyRootLook(out.lower, out.upper));
    RETURN_IF_ERROR(MakeDirectories(out.work, 0700));
  } else {
    RETURN_IF_ERROR(Copy(out.lower, out.upper, container_id));
    out.lower.clear();
    out.work.clear();
  }
  undo.Release();
  return out;
}

// Copies beside and renames, so that a tree that is there is whole.
Status RootfsStore::Copy(const std::vector<std::string>& lower, const std::string& tree,
                         const std::string& container_id) {
  if (PathExists(tree)) return absl::OkStatus();
  const std::string partial = Concat(Path(container_id), "/copy");
  RETURN_IF_ERROR(RemoveTree(partial));
  RETURN_IF_ERROR(MakeDirectories(partial, 0755));
  RETURN_IF_ERROR(CopyLayers({lower.rbegin(), lower.rend()}, partial));
  return RenamePath(partial, tree);
}

StatusOr<std::vector<std::string>> RootfsStore::PrepareVolume(const std::string& container_id,
                                                              const ImagePointer& image) {
  RETURN_IF_ERROR(CheckId(container_id));
  ASSIGN_OR_RETURN(const bool overlay, Overlay());
  ASSIGN_OR_RETURN(std::vector<std::string> lower, Hold(container_id, *image));
  if (overlay) return lower;
  const std::string copy = Concat(Path(container_id), "/volume-", DigestHex(image->id).substr(0, 16));
  RETURN_IF_ERROR(Copy(lower, copy, container_id));
  return std::vector<std::string>{copy};
}

Status RootfsStore::Release(const std::string& container_id) {
  RETURN_IF_ERROR(CheckId(container_id));
  RETURN_IF_ERROR(RemoveTree(Path(container_id)));
  std::vector<LayerPins> dropped;  // removes trees: not under the lock
  const std::lock_guard lock(mutex_);
  if (const auto found = pins_.find(container_id); found != pins_.end()) {
    dropped = std::move(found->second);
    pins_.erase(found);
  }
  return absl::OkStatus();
}

Status RootfsStore::Recover(const std::set<std::string>& known_containers) {
  Status first;
  ASSIGN_OR_RETURN(const auto containers, ListDirectory(directory_));
  for (const std::string& id : containers) {
    if (known_containers.contains(id)) continue;
    const Status released = CheckId(id).ok() ? Release(id) : RemoveTree(Path(id));
    if (first.ok()) first = released;
  }
  return first;
}

StatusOr<FilesystemUsage> RootfsStore::WritableLayerUsage(const std::string& container_id) const {
  RETURN_IF_ERROR(CheckId(container_id));
  const std::string upper = Concat(Path(container_id), "/upper");
  if (!PathExists(upper))
    return absl::NotFoundError(Concat("container ", container_id, " has no writable layer"));
  return MeasureTree(upper);
}

}  // namespace jobpod
