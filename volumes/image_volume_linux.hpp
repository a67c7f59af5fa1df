// The files of an image as a volume: always read-only, of one layer directly or of several as an overlay.
#pragma once

#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// A detached read-only tree of the sub path below `root`, resolved as if `root` were `/`. Errors carry the
// prefix ImageVolumeMountFailed, which kubelet looks for.
StatusOr<Fd> CloneImageTree(int root, const Mount& mount);

// The same for the volume's layers, one or several. An overlay of several stands for a moment over the
// topmost layer's directory: call it in a private mount namespace then.
StatusOr<Fd> OpenImageVolume(const Mount& mount);

}  // namespace jobpod
