// Judging a container's mount requests before anything is made for them.
#pragma once

#include <vector>

#include "base/status.hpp"
#include "volumes/mount_list.pb.h"
#include "volumes/volumes.hpp"
#include "volumes/windows_path.hpp"

namespace jobpod {

struct CheckedVolume {
  Mount mount;  // source resolved; where it appears is left to the layout
  WindowsTarget target;
  bool directory = false;        // what the source is
  bool image = false;            // the source is an image's tree
  bool source_readonly = false;  // its volume cannot be written anyway
};

// All volumes, parents before what lies below them; mounts of a named pipe on itself are left out, for every process
// of the host sees it. Errors are one sentence naming the path: InvalidArgument for a path or a wish that cannot be,
// NotFound for a source that is missing.
StatusOr<std::vector<CheckedVolume>> CheckVolumes(const std::vector<VolumeRequest>& requests);

}  // namespace jobpod
