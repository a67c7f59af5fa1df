// Bringing the layers of one image to disk, a few at a time.
#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "image/layer_store.hpp"
#include "image/layer_unpack.hpp"
#include "image/manifest.hpp"

namespace jobpod {

struct LayerPlan {
  std::string diff_id;
  Descriptor blob;  // its digest is empty when the source has none (docker-save)
};

struct InstallRequest {
  std::vector<LayerPlan> layers;
  bool windows = false;
  ImageLimits limits;
  ProgressFunction progress;
  // Opens the compressed stream; called on several threads at once.
  std::function<StatusOr<ByteSource>(const LayerPlan& layer, std::function<void(uint64_t)> on_bytes,
                                     std::stop_token stop)>
      open;
  size_t parallel = 3;  // layers at a time, at least 1
};

// The sizes by layer key. The caller holds pins on all of them. The first error cancels the rest.
StatusOr<std::map<std::string, LayerSize>> InstallLayers(LayerStore& store, const InstallRequest& request,
                                                         std::stop_token stop);

}  // namespace jobpod
