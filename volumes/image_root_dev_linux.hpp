// A container's own /dev.
#pragma once

#include "base/status.hpp"
#include "volumes/image_root_sources_linux.hpp"

namespace jobpod {

// Mounts a tmpfs at /dev below `rootfs` and puts into it: the standard devices and those asked for (or nodes
// for every device of the host), the standard links, pts, shm and mqueue. The host's /dev is still at hand.
Status MakeDev(const ImageRoot& asked, const ImageRootSources& sources, int rootfs);

}  // namespace jobpod
