// The writable layers of containers, <root>/containers/<id>/{upper,work}, and the layers they hold. The
// file `layers` beside them says which, so that they are held again after a restart.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "image/catalog.hpp"
#include "image/images.hpp"

namespace jobpod {

// Thread-safe.
class RootfsStore {
 public:
  // Holds the layers of the containers found on disk.
  static StatusOr<std::unique_ptr<RootfsStore>> Open(ImageCatalog& catalog);

  StatusOr<Rootfs> Prepare(const std::string& container_id, const ImagePointer& image);
  StatusOr<std::vector<std::string>> PrepareVolume(const std::string& container_id,
                                                   const ImagePointer& image);
  Status Release(const std::string& container_id);
  Status Recover(const std::set<std::string>& known_containers);
  StatusOr<FilesystemUsage> WritableLayerUsage(const std::string& container_id) const;

 private:
  explicit RootfsStore(ImageCatalog& catalog)
      : catalog_(catalog), directory_(Concat(catalog.root(), "/containers")) {}
  StatusOr<bool> Overlay();
  Status HoldAgain(const std::string& container_id);
  // Pins the image's layers for the container and notes them on disk.
  StatusOr<std::vector<std::string>> Hold(const std::string& container_id, const Image& image);
  Status Copy(const std::vector<std::string>& lower, const std::string& tree, const std::string& container_id);
  std::string Path(const std::string& container_id) const;

  ImageCatalog& catalog_;
  const std::string directory_;
  std::mutex mutex_;
  std::optional<bool> overlay_;  // once known
  std::map<std::string, std::vector<LayerPins>> pins_;  // by container
};

}  // namespace jobpod
