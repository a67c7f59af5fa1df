// The layer trees on disk, <root>/layers/<key>/. A layer lives as long as somebody holds a pin on it:
// an image, a container's rootfs, a pull in flight. The last pin's end removes the tree.
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

namespace jobpod {

// The name of a layer's directory. Windows layers are unpacked differently, so that one stream can
// stand for two trees.
std::string LayerKey(const std::string& diff_id, bool windows);
bool IsLayerKey(const std::string& text);
std::vector<std::string> LayerKeys(const Image& image);

class LayerStore;

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

 private:
  friend class LayerStore;
  LayerPins(LayerStore* store, std::vector<std::string> keys) : store_(store), keys_(std::move(keys)) {}
  void Drop();

  LayerStore* store_ = nullptr;
  std::vector<std::string> keys_;
};

// Thread-safe.
class LayerStore {
 public:
  // Fills the given empty directory and says how large it became.
  using BuildFunction = std::function<StatusOr<LayerSize>(const std::string& directory)>;

  // `present` are the layers known to be whole; every other directory is removed by Sweep.
  LayerStore(const std::string& root, std::map<std::string, LayerSize> present);

  std::string Path(const std::string& key) const;

  // Layers may be missing as yet.
  LayerPins Pin(std::vector<std::string> keys);
  // NotFound when one of them is missing.
  StatusOr<LayerPins> PinPresent(std::vector<std::string> keys);

  bool Has(const std::string& key) const;

  // The layer's size once it is there; it is built on this thread unless another one is at it. The
  // caller holds a pin.
  StatusOr<LayerSize> Ensure(const std::string& key, const BuildFunction& build, std::stop_token stop);

  // Removes what nobody holds and half-made leftovers of an earlier run, and from now on what the last
  // pin leaves. Called once, when all images and containers hold theirs.
  void Sweep();

  // From now on nothing is removed: before the pins of a store that ends are let go.
  void StopRemoving();

  LayerSize Total() const;

 private:
  friend class LayerPins;
  void Unpin(const std::vector<std::string>& keys);
  std::string DropLocked(const std::string& key);
  StatusOr<LayerSize> Build(const std::string& key, const BuildFunction& build);

  const std::string directory_;
  mutable std::mutex mutex_;
  std::condition_variable_any built_;
  std::map<std::string, LayerSize> present_;
  std::map<std::string, size_t> pins_;
  std::set<std::string> building_;
  bool removing_ = false;
  LayerSize total_;
};

}  // namespace jobpod
