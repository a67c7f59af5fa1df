// Judging a container's mount requests before anything is made for them.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "volumes/mount_list.pb.h"
#include "volumes/volumes.hpp"

namespace jobpod {

struct CheckedVolume {
  Mount mount;             // source resolved; where it appears is left to the layout
  std::string target;      // container_path, clean
  std::string place;       // where the target leads on the host through the host's own links
  bool directory = false;  // what the source is
};

// All volumes, parents before what lies below them. Errors are one sentence naming the path: InvalidArgument
// for a path or a wish that cannot be, NotFound for a source that is missing.
StatusOr<std::vector<CheckedVolume>> CheckVolumes(const std::vector<VolumeRequest>& requests);

// The deepest of volumes[0, index) that volumes[index] lies inside of, or nullptr.
const CheckedVolume* VolumeAround(const std::vector<CheckedVolume>& volumes, size_t index);

}  // namespace jobpod
