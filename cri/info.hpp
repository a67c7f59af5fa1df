// The `info` of verbose answers: JSON that crictl embeds ("{{.info.pid}}").
#pragma once

#include <string>
#include <vector>

#include "cri/wire.hpp"
#include "image/images.hpp"
#include "runtime/snapshot.hpp"

namespace jobpod {

std::string PodInfo(const PodSnapshot& pod);
std::string ContainerInfo(const ContainerSnapshot& container);
std::string ImageInfo(const Image& image);

}  // namespace jobpod
