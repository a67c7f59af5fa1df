// Places in a root that is becoming a container's `/`. The tree is hostile: every link, absolute ones
// included, is resolved as if the root were `/` already (RESOLVE_IN_ROOT).
#pragma once

#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// Opens `path` (O_PATH) for attaching a directory or a file on it. What is missing is made, on whatever
// mount it lies; a link to a file whose directory is missing is replaced by an empty file.
StatusOr<Fd> MakePlace(int root, const std::string& path, bool directory);

}  // namespace jobpod
