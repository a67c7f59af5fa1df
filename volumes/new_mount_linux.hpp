// File systems made new, as detached mounts (Linux 5.2+): nothing is seen until they are attached.
#pragma once

#include <initializer_list>
#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

struct MountOption {
  const char* name;
  const char* value;
};

// A new file system of `type` ("tmpfs", "proc" …) with `attributes` (MOUNT_ATTR_…). What belongs to a
// namespace (proc, mqueue, sysfs, cgroup2) shows the caller's.
StatusOr<Fd> NewMount(const char* type, std::initializer_list<MountOption> options, unsigned attributes);

// Adds MOUNT_ATTR_… to a mount, and with `recursive` to everything below it.
Status AddMountAttributes(int mount, unsigned attributes, bool recursive, const std::string& what);

}  // namespace jobpod
