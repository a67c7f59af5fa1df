#include "image/layer_bridge.hpp"

namespace jobpod {

// Layers are put together in each container's own copy, where a directory is the same for all of them.
StatusOr<bool> NeedsBridge(const BridgeRequest& request, const std::stop_token&) {
  if (request.implied.empty()) return false;
  return absl::InternalError(Concat("layer ", request.layer, " has directories without entries"));
}

Status BuildBridge(const BridgeRequest& request, const std::string& directory, const std::stop_token&) {
  return absl::UnimplementedError(Concat("fit layer ", request.layer, " at ", directory));
}

}  // namespace jobpod
