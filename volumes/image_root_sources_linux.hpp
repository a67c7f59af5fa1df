// What an image-root container takes over from the host, cloned while still in the host's namespace.
#pragma once

#include <string>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

struct ImageRootSources {
  struct Device {
    Fd tree;
    std::string path;  // in the container
    bool directory = false;
  };
  std::vector<Device> devices;
  Fd shm, mqueue;  // the pod's or the host's; invalid: new ones
  Fd cgroups;      // v1 and hybrid hosts; invalid: a new cgroup2
};

// `pod_mounts` is the mount namespace whose root is the pod's shared memory; -1 when the container does not
// ask for it. The calling thread is in the same mount namespace afterwards.
StatusOr<ImageRootSources> OpenImageRootSources(const ImageRoot& asked, int pod_mounts);

}  // namespace jobpod
