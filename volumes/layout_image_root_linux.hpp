// The image-root layout on the daemon's side: everything appears in the container's own mount namespace and
// nothing is made on the host.
#pragma once

#include <vector>

#include "base/status.hpp"
#include "volumes/volume_check_linux.hpp"

namespace jobpod {

// Every volume at exactly its target. The list's image_root is there, and empty: runtime/ fills it.
StatusOr<MountList> PrepareImageRoot(const RootMount& root, std::vector<CheckedVolume> volumes);

}  // namespace jobpod
