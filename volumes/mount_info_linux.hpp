// What /proc/self/mountinfo says of the mount a file lies on.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

struct MountInfo {
  std::string mount_point;
  bool shared = false;
  bool readonly = false;  // this mount, whatever the file system below allows
};

StatusOr<MountInfo> MountOf(int fd);

}  // namespace jobpod
