// The index: which images exist, how they are called and which layers they have. Kept in SQLite,
// answered from memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "image/image_database.hpp"
#include "image/images.hpp"

namespace jobpod {

struct LayerSize {
  uint64_t disk_bytes = 0, inodes = 0;
};

// What the store knows at one moment; never changes.
struct ImageSnapshot {
  std::vector<ImagePointer> list;
  std::map<std::string, ImagePointer> by_id;    // "sha256:…"
  std::map<std::string, ImagePointer> by_name;  // full tags and digests
  std::map<std::string, std::string> resolved;  // ResolutionKey → image id
};

// What a manifest digest means for one platform.
std::string ResolutionKey(const std::string& digest, const std::string& platform);

struct NewImage {
  Image image;                              // without names
  std::vector<std::string> names;           // taken from other images that have them
  std::vector<std::string> resolutions;     // keys that mean this image
  std::map<std::string, LayerSize> layers;  // by layer key
};

// Thread-safe.
class ImageStore {
 public:
  // Rows whose config is missing or damaged in `blobs` are dropped. A damaged index is set aside; then
  // `rebuilt()` is true and the images are those of the configs in `blobs`, without names.
  static StatusOr<std::unique_ptr<ImageStore>> Open(const std::string& root);

  std::shared_ptr<const ImageSnapshot> Current() const;
  bool rebuilt() const { return rebuilt_; }

  // Adds the image or, if it is there, its new names.
  Status Put(const NewImage& image);
  Status Remove(const std::string& id);
  // NotFound when there is no such image.
  Status SetPinned(const std::string& id, bool pinned);

  // Sizes of the layers that were ever committed with an image; some may be gone since.
  std::map<std::string, LayerSize> Layers() const;
  // Makes `layers` all there is.
  Status ReplaceLayers(const std::map<std::string, LayerSize>& layers);

 private:
  explicit ImageStore(std::string root) : root_(std::move(root)) {}
  Status OpenDatabase();
  Status Load();
  Status LoadImages();
  Status Rebuild();
  Status Write(const NewImage& image);
  Status Erase(const std::string& id);
  Status WriteLayers(const std::map<std::string, LayerSize>& layers);
  void Publish();  // needs mutex_

  const std::string root_;
  bool rebuilt_ = false;
  mutable std::mutex mutex_;
  std::unique_ptr<ImageDatabase> database_;
  std::map<std::string, Image> images_;
  std::map<std::string, std::string> names_;     // name → id
  std::map<std::string, std::string> resolved_;  // key → id
  std::map<std::string, LayerSize> layers_;
  mutable std::mutex snapshot_mutex_;  // taken last
  std::shared_ptr<const ImageSnapshot> snapshot_ = std::make_shared<ImageSnapshot>();
};

}  // namespace jobpod
