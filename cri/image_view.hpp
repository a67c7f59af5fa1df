// The CRI message of an image.
#pragma once

#include "cri/wire.hpp"
#include "image/images.hpp"

namespace jobpod {

cri::Image ImageMessage(const Image& image);

}  // namespace jobpod
