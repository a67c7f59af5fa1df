// The layers of one image as they are stacked: each with its bridge where it needs one.
#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "image/layer_store.hpp"

namespace jobpod {

struct LayerChain {
  std::vector<std::string> keys;  // bottom first
  LayerPins bridges;
  std::map<std::string, LayerSize> sizes;  // of the bridges
};

// Makes the missing bridges of `layers` (keys, bottom first), which are there and held by the caller. Cancelled soon
// after `stop`.
StatusOr<LayerChain> BridgeLayers(LayerStore& store, const std::vector<std::string>& layers,
                                  const std::stop_token& stop);

}  // namespace jobpod
