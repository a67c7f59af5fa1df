// Importing archives: OCI layouts and docker-save files.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "image/catalog.hpp"
#include "image/images.hpp"

namespace jobpod {

// See Images::Import.
StatusOr<std::vector<std::string>> ImportImages(ImageCatalog& catalog, const ImageLimits& limits,
                                                const std::string& path, const std::string& name,
                                                std::stop_token stop);

}  // namespace jobpod
