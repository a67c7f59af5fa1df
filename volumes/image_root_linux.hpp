// The image-root layout: the container's `/` is the image, with /proc, /sys and /dev of its own.
#pragma once

#include "base/status.hpp"
#include "volumes/image_root_sources_linux.hpp"
#include "volumes/mount_enter_linux.hpp"

namespace jobpod {

// In the child of a fork, in its final process, IPC and network namespaces: leaves the host's mount
// namespace and makes the image its root. `list.image_root` is set.
Status EnterImageRoot(const MountList& list, const MountSources& sources);

}  // namespace jobpod
