// Looking at an image volume before a container is made for it.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// Opens the volume as the container will, from any thread of the daemon, so that what would fail there fails
// here. Nothing stays mounted.
StatusOr<Fd> TryImageVolume(const Mount& mount);

}  // namespace jobpod
