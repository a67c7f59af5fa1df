// The index: which images exist, how they are called and which layers they have. Kept in SQLite,
// answered from memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/sqlite.hpp"
#include "image/images.hpp"

namespace jobpod {

struct LayerSize {
  uint64_t disk_bytes = 0, inodes = 0;
  bool operator==(const LayerSize&) const = default;
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
  // Rows whose config is missing or damaged in `blobs` are dropped. A damaged index is set aside. When the
  // index is new, lost or was not finished, `unfinished()` is true and the images are those of the configs in
  // `blobs`, as yet in memory only: Finish decides which of them stay.
  static StatusOr<std::unique_ptr<ImageStore>> Open(const std::string& root);

  std::shared_ptr<const ImageSnapshot> Current() const;
  bool unfinished() const { return unfinished_; }

  // Makes `images` and `layers` all there is, and the index a finished one, in one step: a daemon that dies
  // before it begins anew. The names of images that stay are kept.
  Status Finish(const std::vector<Image>& images, const std::map<std::string, LayerSize>& layers);

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
  Status OpenWhole(const std::string& path);
  Status Load();
  Status LoadImages();
  Status FindImages();
  Status WriteAll(const std::vector<Image>& images, const std::map<std::string, LayerSize>& layers);
  Status Write(const NewImage& image);
  Status Erase(const std::string& id);
  Status WriteLayers(const std::map<std::string, LayerSize>& layers);
  void Publish();  // needs mutex_

  const std::string root_;
  bool unfinished_ = false;
  mutable std::mutex mutex_;
  SqliteDatabase database_;
  std::map<std::string, Image> images_;
  std::map<std::string, std::string> names_;     // name → id
  std::map<std::string, std::string> resolved_;  // key → id
  std::map<std::string, LayerSize> layers_;
  mutable std::mutex snapshot_mutex_;  // taken last
  std::shared_ptr<const ImageSnapshot> snapshot_ = std::make_shared<ImageSnapshot>();
};

}  // namespace jobpod
