// Exporting an image as it came.
#pragma once

#include <stop_token>
#include <string>

#include "image/catalog.hpp"

namespace jobpod {

// See Images::Export.
Status ExportImage(ImageCatalog& catalog, const ImagePointer& image, const std::string& path,
                   std::stop_token stop);

}  // namespace jobpod
