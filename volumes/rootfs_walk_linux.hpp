// Finding, and making, a place inside a container's rootfs. The tree is hostile: every step is relative to
// an open directory, links never lead out, and nothing is changed outside the rootfs' own mount.
#pragma once

#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

struct RootfsPlace {
  Fd parent;
  std::string name;
};

// Opens `path` inside `root` (O_PATH) for attaching a directory or a file on it. What is missing is made;
// links in the way that an ordinary lookup would follow out of the rootfs are replaced by relative ones, and
// a link in a file's own place is replaced by an empty file. Only what lies on the mount of `root` is
// changed.
StatusOr<Fd> MakeRootfsTarget(int root, const std::string& path, bool directory);

// The same for the parent directory alone; `name` may or may not exist in it.
StatusOr<RootfsPlace> MakeRootfsParent(int root, const std::string& path);

}  // namespace jobpod
