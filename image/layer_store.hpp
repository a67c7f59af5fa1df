// The layer trees on disk, <root>/layers/<key>/. A layer lives as long as somebody holds a pin on it:
// an image, a container's rootfs, a pull in flight. The last pin's end removes the tree. Beside a whole tree is
// its record <key>.layer (layer_record.hpp), and <key>.blob is the compressed layer as it came, when it is kept.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/image_store.hpp"
#include "image/layer_unpack.hpp"

namespace jobpod {

// The name of a layer's directory. Windows layers are unpacked differently, so that one stream can
// stand for two trees.
std::string LayerKey(const std::string& diff_id, bool windows);
// What lies on top of the last layer of `chain` (keys, bottom first).
std::string BridgeKey(const std::vector<std::string>& chain);
bool IsLayerKey(const std::string& text);
// What is to be stacked; for an image that was not committed yet, its own layers.
std::vector<std::string> LayerKeys(const Image& image);

class LayerStore;

// Of the layer's tree at `directory` and of the blob beside it.
StatusOr<LayerSize> MeasureLayer(const std::string& directory);

// Who holds a layer. Only containers run on the very tree that was there when they began.
enum class LayerUser { kImage, kContainer };

// Holds layers. Move only; must not outlive the store.
class LayerPins {
 public:
  LayerPins() = default;
  LayerPins(LayerPins&& other) noexcept;
  LayerPins& operator=(LayerPins&& other) noexcept;
  LayerPins(const LayerPins&) = delete;
  LayerPins& operator=(const LayerPins&) = delete;
  ~LayerPins();

  const std::vector<std::string>& keys() const { return keys_; }

  // Takes over the pins of `other`, which are on the same store and for the same kind of user.
  void Add(LayerPins other);

 private:
  friend class LayerStore;
  LayerPins(LayerStore* store, std::vector<std::string> keys, LayerUser user)
      : store_(store), keys_(std::move(keys)), user_(user) {}
  void Drop();

  LayerStore* store_ = nullptr;
  std::vector<std::string> keys_;
  LayerUser user_ = LayerUser::kImage;
};

// Thread-safe.
class LayerStore {
 public:
  // Fills the given empty directory and names its implied directories. May leave the compressed layer at
  // BlobOf(directory).
  using BuildFunction = std::function<StatusOr<std::vector<std::string>>(const std::string& directory)>;

  // `present` are the layers known to be whole; every other directory is removed by Sweep.
  LayerStore(const std::string& root, std::map<std::string, LayerSize> present, bool keep_blobs);

  bool keep_blobs() const { return keep_blobs_; }
  WideWindows& windows() { return windows_; }
  static std::string BlobOf(const std::string& directory);
  // Where the compressed layer is, if it was kept.
  std::string BlobPath(const std::string& key) const { return BlobOf(Path(key)); }

  std::string Path(const std::string& key) const;

  // Layers may be missing as yet.
  LayerPins Pin(std::vector<std::string> keys, LayerUser user = LayerUser::kImage);
  // NotFound when one of them is missing.
  StatusOr<LayerPins> PinPresent(std::vector<std::string> keys, LayerUser user = LayerUser::kImage);

  bool Has(const std::string& key) const;
  // DataLoss when its record is missing or damaged: the layer is moved aside. The caller holds a pin.
  StatusOr<std::vector<std::string>> Implied(const std::string& key);

  // Looks once at each layer that an earlier run left, whether it has as many files and bytes as it had.
  // DataLoss when one has not: it is moved aside, and a pull makes it anew. The caller holds pins. What was
  // moved aside is removed when no container holds the layer.
  Status Check(const std::vector<std::string>& keys);

  // The layer's size once it is there; it is built on this thread unless another one is at it. The
  // caller holds a pin.
  StatusOr<LayerSize> Ensure(const std::string& key, const BuildFunction& build, std::stop_token stop);

  // Removes what nobody holds and half-made leftovers of an earlier run, and from now on what the last
  // pin leaves. What is held stays, known as a whole layer or not. Called once, when all images and containers
  // hold theirs.
  void Sweep();

  // From now on nothing is removed: before the pins of a store that ends are let go.
  void StopRemoving();

  LayerSize Total() const;
  std::map<std::string, LayerSize> Present() const;

 private:
  friend class LayerPins;
  LayerPins PinLocked(std::vector<std::string> keys, LayerUser user);
  void Unpin(const std::vector<std::string>& keys, LayerUser user);
  void DropLocked(const std::string& key);
  void MoveAsideLocked(const std::string& key);
  void RemoveAside(const std::string& key);
  Status Compare(const std::string& key);
  Status Place(const std::string& partial, const std::string& key);
  Status CheckOne(const std::string& key);
  StatusOr<LayerSize> Build(const std::string& key, const BuildFunction& build);

  const std::string directory_;
  const bool keep_blobs_;
  WideWindows windows_;
  mutable std::mutex mutex_;
  std::condition_variable_any built_;
  std::map<std::string, LayerSize> present_;
  std::map<std::string, size_t> pins_;   // all of them
  std::map<std::string, size_t> users_;  // those of containers
  std::set<std::string> building_;
  std::set<std::string> unchecked_;  // of an earlier run
  std::map<std::string, std::vector<std::string>> aside_;  // what was moved, by key
  bool removing_ = false;
  LayerSize total_;
};

}  // namespace jobpod
