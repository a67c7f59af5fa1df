// Pulling: from a reference to a committed image.
#pragma once

#include <stop_token>
#include <string>

#include "image/catalog.hpp"
#include "image/images.hpp"
#include "image/layer_install.hpp"
#include "image/registry_client.hpp"

namespace jobpod {

struct PullSettings {
  std::string registry_config;
  ImageLimits limits;
  RegistrySettings registries;
  size_t parallel_layers = 3;
};

// Returns the image id. Blocks; one call is one pull.
StatusOr<std::string> PullImage(ImageCatalog& catalog, const PullSettings& settings,
                                const PullRequest& request, const Reference& reference, std::stop_token stop);

// What a config and its layers make, checked against each other and the limits.
StatusOr<NewImage> DescribeImage(const std::string& id, std::string_view config,
                                 const std::vector<Descriptor>& layers, const ImageLimits& limits);

// Layers with their diff ids, as InstallLayers wants them.
std::vector<LayerPlan> PlanLayers(const Image& image, const std::vector<Descriptor>& layers);

}  // namespace jobpod
