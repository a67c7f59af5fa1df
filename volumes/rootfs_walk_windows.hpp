// Finding, and making, a place inside a container's rootfs. The tree is hostile: every step is one name below an open
// directory; the image's own links are followed by their text and never lead out.
#pragma once

#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

struct RootfsPlace {
  Handle parent;
  std::vector<std::wstring> names;  // below the root, links resolved; the last one may not exist
};

// Opens the directory that `names` lies in, for adding to it. What is missing is made; a file in the way is replaced.
// InvalidArgument when a link leads out of the rootfs, or without end.
StatusOr<RootfsPlace> MakeRootfsParent(const std::string& root, const std::vector<std::string>& names);

// Makes the directory `path`, which is at or below root.target(), in the container's own files (root.upper()).
Status MakeRootfsDirectory(const RootMount& root, const std::string& path);

}  // namespace jobpod
