#include "image/catalog.hpp"

#include <algorithm>
#include <utility>

#include "base/file.hpp"
#include "base/log.hpp"
#include "image/disk.hpp"
#include "image/layer_chain.hpp"
#include "image/layer_record.hpp"

namespace jobpod {
namespace {

std::vector<std::string> DigestsOf(const ImageSnapshot& snapshot, const std::string& id) {
  std::vector<std::string> out;
  for (const auto& [key, image] : snapshot.resolved)
    if (image == id) out.push_back(key.substr(0, key.find(' ')));
  return out;
}

// What the layer's record says, if the tree still holds that.
StatusOr<LayerSize> RecordedSize(const std::string& directory) {
  ASSIGN_OR_RETURN(const LayerRecord record, ReadLayerRecord(directory));
  ASSIGN_OR_RETURN(const LayerSize size, MeasureLayer(directory));
  if (size == record.size) return size;
  return absl::DataLossError("its tree is damaged");
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

// Where the index cannot say which layers are whole, their own records do.
Status ImageCatalog::OpenLayers(bool keep_blobs) {
  const auto known = store_->Layers();
  std::map<std::string, LayerSize> present;
  ASSIGN_OR_RETURN(const auto names, ListDirectory(Concat(root_, "/layers")));
  for (const std::string& name : names) {
    if (!IsLayerKey(name)) continue;
    if (const auto row = known.find(name); row != known.end()) {
      present.insert(*row);
    } else if (store_->unfinished()) {
      const auto size = RecordedSize(Concat(root_, "/layers/", name));
      if (size.ok()) present[name] = *size;
      if (!size.ok()) log::warn("layer {} is not used: {}", name, Message(size.status()));
    }
  }
  if (!store_->unfinished() && present.size() != known.size()) RETURN_IF_ERROR(store_->ReplaceLayers(present));
  layers_ = std::make_unique<LayerStore>(root_, std::move(present), keep_blobs);
  return absl::OkStatus();
}

Status ImageCatalog::HoldLayers() {
  if (store_->unfinished()) return Finish();
  const auto snapshot = Current();
  for (const ImagePointer& image : snapshot->list) {
    auto pins = layers_->PinPresent(LayerKeys(*image));
    if (pins.ok()) {
      pins_[image->id] = *std::move(pins);
      continue;
    }
    log::warn("image {} is dropped from the index: {}", image->id, Message(pins.status()));
    RETURN_IF_ERROR(store_->Remove(image->id));
  }
  return absl::OkStatus();
}

// Nothing is written before everything is known.
Status ImageCatalog::Finish() {
  const auto snapshot = Current();
  std::vector<Image> whole;
  for (const ImagePointer& image : snapshot->list) {
    auto bridged = Bridge(*image);
    if (bridged.ok()) {
      whole.push_back(*std::move(bridged));
      continue;
    }
    const Status& why = bridged.status();
    if (!absl::IsNotFound(why) && !absl::IsDataLoss(why) && !absl::IsInvalidArgument(why)) return why;
    log::warn("image {} is not found again: {}", image->id, Message(why));
  }
  if (!whole.empty()) RETURN_IF_ERROR(SyncDisk(root_));
  return store_->Finish(whole, layers_->Present());
}

// With the index it was lost which bridges the image has.
StatusOr<Image> ImageCatalog::Bridge(const Image& image) {
  ASSIGN_OR_RETURN(LayerPins pins, layers_->PinPresent(LayerKeys(image)));
  ASSIGN_OR_RETURN(LayerChain chain, BridgeLayers(*layers_, pins.keys(), {}));
  pins.Add(std::move(chain.bridges));
  pins_[image.id] = std::move(pins);
  Image whole = image;
  whole.layers = std::move(chain.keys);
  return whole;
}

// The disk is waited for without the lock. Meanwhile a removal may have taken a blob that is shared.
Status ImageCatalog::Commit(const NewImage& described, const std::map<std::string, std::string>& blobs,
                            LayerPins pins, const std::stop_token& stop) {
  NewImage image = described;
  ASSIGN_OR_RETURN(LayerChain chain, BridgeLayers(*layers_, LayerKeys(image.image), stop));
  image.image.layers = std::move(chain.keys);
  image.layers.merge(chain.sizes);
  pins.Add(std::move(chain.bridges));
  for (const auto& [digest, bytes] : blobs) RETURN_IF_ERROR(blobs_.Write(digest, bytes));
  RETURN_IF_ERROR(SyncDisk(root_));
  LayerPins dropped;  // of the same image when it was there
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
  dropped = std::exchange(pins_[image.image.id], std::move(pins));
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
  blobs_.Sweep();
  const auto digests = blobs_.List();
  if (digests.ok()) RemoveUnusedBlobs(*digests);
  for (const std::string& name : ListDirectory(root_).value_or(std::vector<std::string>())) {
    if (!name.starts_with(kImportScratch) && !name.starts_with(kOverlayScratch)) continue;
    const Status removed = RemoveTree(Concat(root_, "/", name));
    if (!removed.ok()) log::warn("{}", Message(removed));
  }
}

Status ImageCatalog::Remove(const std::string& id) {
  return Drop(id, /*only_incomplete=*/false);
}

Status ImageCatalog::Drop(const std::string& id, bool only_incomplete) {
  LayerPins dropped;  // goes after the lock: removing trees takes time
  const std::lock_guard lock(mutex_);
  const auto snapshot = Current();
  const auto found = snapshot->by_id.find(id);
  if (found == snapshot->by_id.end()) return absl::OkStatus();
  if (only_incomplete && HasLayers(*found->second)) return absl::OkStatus();  // a pull was faster
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

bool ImageCatalog::HasLayers(const Image& image) const {
  return std::ranges::all_of(LayerKeys(image), [&](const std::string& key) { return layers_->Has(key); });
}

StatusOr<LayerPins> ImageCatalog::Hold(const Image& image) {
  auto pins = layers_->PinPresent(LayerKeys(image), LayerUser::kContainer);
  const Status whole = pins.ok() ? layers_->Check(pins->keys()) : pins.status();
  if (whole.ok()) return pins;
  if (!absl::IsDataLoss(whole) && !absl::IsNotFound(whole)) return whole;
  RETURN_IF_ERROR(DropIncomplete(whole));
  return Annotate(whole, Concat("image ", image.id, " was removed; pull it again"));
}

Status ImageCatalog::DropIncomplete(const Status& why) {
  const auto snapshot = Current();
  for (const ImagePointer& image : snapshot->list) {
    if (HasLayers(*image)) continue;
    log::error("image {} is dropped from the index: {}", image->id, Message(why));
    RETURN_IF_ERROR(Drop(image->id, /*only_incomplete=*/true));
  }
  return absl::OkStatus();
}

FilesystemUsage ImageCatalog::Usage() const {
  const LayerSize total = layers_->Total();
  return {root_, total.disk_bytes + blob_bytes_, total.inodes};
}

}  // namespace jobpod
