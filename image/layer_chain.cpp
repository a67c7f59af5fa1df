#include "image/layer_chain.hpp"

#include "image/layer_bridge.hpp"

namespace jobpod {
namespace {

// Puts a bridge on top of the chain's last layer when it needs one.
Status AddBridge(LayerStore& store, LayerChain& chain, const std::stop_token& stop) {
  const std::string layer = chain.keys.back();
  BridgeRequest request{store.Path(layer), {}, {}};
  ASSIGN_OR_RETURN(request.implied, store.Implied(layer));
  if (request.implied.empty()) return absl::OkStatus();
  for (auto key = chain.keys.rbegin() + 1; key != chain.keys.rend(); ++key)
    request.lower.push_back(store.Path(*key));
  const std::string bridge = BridgeKey(chain.keys);
  LayerPins pins = store.Pin({bridge});
  if (!store.Has(bridge)) {
    ASSIGN_OR_RETURN(const bool needed, NeedsBridge(request, stop));
    if (!needed) return absl::OkStatus();
  }
  const auto build = [&](const std::string& directory) -> StatusOr<std::vector<std::string>> {
    RETURN_IF_ERROR(BuildBridge(request, directory, stop));
    return std::vector<std::string>();
  };
  ASSIGN_OR_RETURN(chain.sizes[bridge], store.Ensure(bridge, build, stop));
  chain.keys.push_back(bridge);
  chain.bridges.Add(std::move(pins));
  return absl::OkStatus();
}

}  // namespace

StatusOr<LayerChain> BridgeLayers(LayerStore& store, const std::vector<std::string>& layers,
                                  const std::stop_token& stop) {
  LayerChain chain;
  for (const std::string& layer : layers) {
    chain.keys.push_back(layer);
    if (chain.keys.size() > 1) RETURN_IF_ERROR(AddBridge(store, chain, stop));
  }
  return chain;
}

}  // namespace jobpod
