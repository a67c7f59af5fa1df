// Index, blobs and layers as one consistent whole: an image is there with all its parts or not at all.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "image/content_store.hpp"
#include "image/image_store.hpp"
#include "image/layer_store.hpp"

namespace jobpod {

// How directories begin in which an import lays out its archive, and those that try overlayfs.
inline constexpr std::string_view kImportScratch = ".import-", kOverlayScratch = ".overlay-";

// Thread-safe.
class ImageCatalog {
 public:
  // Makes the directories. Images with a missing layer are dropped with a warning. The caller pins the
  // layers of containers and then calls Sweep.
  static StatusOr<std::unique_ptr<ImageCatalog>> Open(const std::string& root, bool keep_blobs);

  // Removes what belongs to nobody and what an interrupted run left half-made. Before anything else is done.
  void Sweep();

  std::shared_ptr<const ImageSnapshot> Current() const { return store_->Current(); }
  LayerStore& layers() { return *layers_; }
  const ContentStore& blobs() const { return blobs_; }
  const std::string& root() const { return root_; }

  // Fits the layers to one another, makes everything survive power loss, then adds the image. `pins` hold
  // its layers. Cancelled when `stop` comes while the layers are fitted.
  Status Commit(const NewImage& image, const std::map<std::string, std::string>& blobs, LayerPins pins,
                const std::stop_token& stop);

  // New names for an image that is there. NotFound when it is gone.
  Status Name(const std::string& id, const std::vector<std::string>& names,
              const std::vector<std::string>& resolutions);

  Status SetPinned(const std::string& id, bool pinned) { return store_->SetPinned(id, pinned); }

  // Pins the image's layers for a container, having looked at those that an earlier run left. NotFound when one is missing,
  // DataLoss when one is damaged: then every image that has it is gone from the index, and a pull fetches it
  // again.
  StatusOr<LayerPins> Hold(const Image& image);

  // Whether all layers of an image are there.
  bool HasLayers(const Image& image) const;

  // Missing is OK.
  Status Remove(const std::string& id);

  FilesystemUsage Usage() const;

 private:
  explicit ImageCatalog(const std::string& root) : root_(root), blobs_(root) {}
  Status OpenLayers(bool keep_blobs);
  Status HoldLayers();
  Status Finish();
  StatusOr<Image> Bridge(const Image& image);
  Status DropIncomplete(const Status& why);
  Status Drop(const std::string& id, bool only_incomplete);
  void RemoveUnusedBlobs(const std::vector<std::string>& digests);

  const std::string root_;
  const ContentStore blobs_;
  std::unique_ptr<ImageStore> store_;
  std::unique_ptr<LayerStore> layers_;
  std::atomic<uint64_t> blob_bytes_ = 0;
  std::mutex mutex_;  // one change at a time
  std::map<std::string, LayerPins> pins_;
};

}  // namespace jobpod
