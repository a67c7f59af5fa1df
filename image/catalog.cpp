#include "image/catalog.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/disk.hpp"
#include "image/layer_chain.hpp"

namespace jobpod {
namespace {

std::vector<std::string> DigestsOf(const ImageSnapshot& snapshot, const std::string& id) {
  std::vector<std::string> out;
  for (const auto& [key, image] : snapshot.resolved)
    if (image == id) out.push_back(key.substr(0, key.find(' ')));
  return out;
}

bool HasAll(const ImageSnapshot& snapshot, const NewImage& wanted) {
  const auto names_it = [&](const std::string& name) {
    const auto found = snapshot.by_name.find(name);
    return found != snapshot.by_name.end() && found->second->id == wanted.image.id;
  };
  const auto means_it = [&](const std::string& key) {
    const auto found = snapshot.resolved.find(key);
    return found != snapshot.resolved.end() && found->second == wanted.image.id;
  };
  return std::ranges::all_of(wanted.names, names_it) && std::ranges::all_of(wanted.resolutions, means_it);
}

}  // namespace

StatusOr<std::unique_ptr<ImageCatalog>> ImageCatalog::Open(const std::string& root, bool keep_blobs) {
  std::unique_ptr<ImageCatalog> catalog(new ImageCatalog(root));
  RETURN_IF_ERROR(MakeDirectories(Concat(root, "/blobs/sha256"), 0700));
  RETURN_IF_ERROR(MakeDirectories(Concat(root, "/layers"), 0711));
  ASSIGN_OR_RETURN(catalog->store_, ImageStore::Open(root));
  RETURN_IF_ERROR(catalog->OpenLayers(keep_blobs));
  RETURN_IF_ERROR(catalog->HoldLayers());
  return catalog;
}

// After a rebuild every whole layer counts, and its size is found by looking.
Status ImageCatalog::OpenLayers(bool keep_blobs) {
  const auto known = store_->Layers();
  std::map<std::string, LayerSize> present;
  for (const std::string& name : ListDirectory(Concat(root_, "/layers"))) {
    if (!IsLayerKey(name)) continue;
    if (const auto row = known.find(name); row != known.end()) {
      present.insert(*row);
    } else if (store_->rebuilt()) {
      ASSIGN_OR_RETURN(present[name], MeasureLayer(Concat(root_, "/layers/", name)));
    }
  }
  if (present.size() != known.size()) RETURN_IF_ERROR(store_->ReplaceLayers(present));
  layers_ = std::make_unique<LayerStore>(root_, std::move(present), keep_blobs);
  return absl::OkStatus();
}

Status ImageCatalog::HoldLayers() {
  const auto snapshot = Current();
  for (const ImagePointer& image : snapshot->list) {
    auto pins = layers_->PinPresent(LayerKeys(*image));
    if (pins.ok()) {
      pins_[image->id] = *std::move(pins);
      if (store_->rebuilt()) RETURN_IF_ERROR(Bridge(image));
      continue;
    }
    log::warn("image {} is dropped from the index: {}", image->id, Message(pins.status()));
    RETURN_IF_ERROR(store_->Remove(image->id));
  }
  return absl::OkStatus();
}

// The index is lost, and with it which bridges the image has.
Status ImageCatalog::Bridge(const ImagePointer& image) {
  ASSIGN_OR_RETURN(LayerChain chain, BridgeLayers(*layers_, LayerKeys(*image)));
  pins_[image->id].Add(std::move(chain.bridges));
  NewImage whole{*image, {}, {}, std::move(chain.sizes)};
  whole.image.layers = std::move(chain.keys);
  RETURN_IF_ERROR(SyncDisk(root_));
  return store_->Put(whole);
}

// The disk is waited for without the lock. Meanwhile a removal may have taken a blob that is shared.
Status ImageCatalog::Commit(const NewImage& described, const std::map<std::string, std::string>& blobs,
                            LayerPins pins) {
  NewImage image = described;
  ASSIGN_OR_RETURN(LayerChain chain, BridgeLayers(*layers_, LayerKeys(image.image)));
  image.image.layers = std::move(chain.keys);
  image.layers.merge(chain.sizes);
  pins.Add(std::move(chain.bridges));
  for (const auto& [digest, bytes] : blobs) RETURN_IF_ERROR(blobs_.Write(digest, bytes));
  RETURN_IF_ERROR(SyncDisk(root_));
  const std::lock_guard lock(mutex_);
  for (const auto& [digest, bytes] : blobs)
    if (!blobs_.Read(digest).ok()) RETURN_IF_ERROR(blobs_.Write(digest, bytes));
  const Status put = store_->Put(image);
  if (!put.ok()) {
    std::vector<std::string> digests;
    for (const auto& [digest, bytes] : blobs) digests.push_back(digest);
    RemoveUnusedBlobs(digests);
    return put;
  }
  pins_.try_emplace(image.image.id, std::move(pins));
  blob_bytes_ = blobs_.TotalBytes();
  return absl::OkStatus();
}

Status ImageCatalog::Name(const std::string& id, const std::vector<std::string>& names,
                          const std::vector<std::string>& resolutions) {
  const std::lock_guard lock(mutex_);
  const auto snapshot = Current();
  const auto found = snapshot->by_id.find(id);
  if (found == snapshot->by_id.end())
    return absl::NotFoundError(Concat("image ", id, " has just been removed"));
  NewImage named{*found->second, names, resolutions, {}};
  return HasAll(*snapshot, named) ? absl::OkStatus() : store_->Put(named);
}

void ImageCatalog::RemoveUnusedBlobs(const std::vector<std::string>& digests) {
  const auto snapshot = Current();
  for (const std::string& digest : digests) {
    const auto next = snapshot->resolved.lower_bound(digest);
    const bool used = snapshot->by_id.contains(digest) ||
                      (next != snapshot->resolved.end() && next->first.starts_with(digest));
    const Status removed = used ? absl::OkStatus() : blobs_.Remove(digest);
    if (!removed.ok()) log::warn("{}", Message(removed));
  }
  blob_bytes_ = blobs_.TotalBytes();
}

void ImageCatalog::Sweep() {
  layers_->Sweep();
  RemoveUnusedBlobs(blobs_.List());
}

Status ImageCatalog::Remove(const std::string& id) {
  LayerPins dropped;  // goes after the lock: removing trees takes time
  const std::lock_guard lock(mutex_);
  const auto snapshot = Current();
  if (!snapshot->by_id.contains(id)) return absl::OkStatus();
  auto digests = DigestsOf(*snapshot, id);
  digests.push_back(id);
  const Status removed = store_->Remove(id);
  if (!removed.ok() && !absl::IsResourceExhausted(removed)) return removed;
  dropped = std::move(pins_[id]);
  pins_.erase(id);
  if (!removed.ok()) {
    // On a full disk the index cannot be written: make room first, then write it.
    dropped = LayerPins();
    RETURN_IF_ERROR(store_->Remove(id));
  }
  RemoveUnusedBlobs(digests);
  return absl::OkStatus();
}

Status ImageCatalog::CheckLayers(const Image& image) {
  const std::vector<std::string> keys = LayerKeys(image);
  const Status checked = layers_->Check(keys);
  if (!absl::IsDataLoss(checked)) return checked;
  const auto snapshot = Current();
  for (const ImagePointer& other : snapshot->list) {
    const std::vector<std::string> has = LayerKeys(*other);
    if (std::ranges::all_of(has, [&](const std::string& key) { return layers_->Has(key); })) continue;
    log::error("image {} is dropped from the index: {}", other->id, Message(checked));
    RETURN_IF_ERROR(Remove(other->id));
  }
  return Annotate(checked, Concat("image ", image.id, " was removed; pull it again"));
}

FilesystemUsage ImageCatalog::Usage() const {
  const LayerSize total = layers_->Total();
  return {root_, total.disk_bytes + blob_bytes_, total.inodes};
}

}  // namespace jobpod
