// Reading an image's own files before its container runs, as the container would see them.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// The content of each of `paths` (absolute; links resolved within the rootfs), empty for one that is missing
// or no regular file. ResourceExhausted when one is larger than `max_bytes`. Volumes are not looked at.
// Thread-safe; nothing is mounted that others could see.
StatusOr<std::vector<std::string>> ReadRootfsFiles(const RootMount& root,
                                                   const std::vector<std::string>& paths, size_t max_bytes);

}  // namespace jobpod
