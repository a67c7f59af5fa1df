// What is noted beside a layer's tree once it is whole: how much it holds and which directories are implied
// (layer_bridge.hpp). A tree without its record, or with another content, is none of ours to trust.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "image/image_store.hpp"

namespace jobpod {

inline constexpr std::string_view kLayerRecordEnd = ".layer";

struct LayerRecord {
  LayerSize size;
  std::vector<std::string> implied;
};

// "<bytes> <inodes> <implied directories>\n", then each of these with a final NUL.
std::string FormatLayerRecord(const LayerRecord& record);

// DataLoss when the text is cut off or something else.
StatusOr<LayerRecord> ParseLayerRecord(std::string_view text);

// Of the layer whose tree is at `directory`.
std::string LayerRecordPath(const std::string& directory);
// DataLoss when there is none, or no whole one.
StatusOr<LayerRecord> ReadLayerRecord(const std::string& directory);

}  // namespace jobpod
