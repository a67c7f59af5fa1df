// Carrying out a MountList in the child of a fork: the mount contract of the bind layout (see
// ARCHITECTURE.md, "Mounts on Linux") and the image-root layout. No allocation limits apply: the child is a
// copy of a single-threaded program.
#pragma once

#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/image_root_sources_linux.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// The mounts' sources, cloned (open_tree) in the host's namespace so that they keep their peer group.
struct MountSources {
  std::vector<Fd> trees;  // one for each mount of the list, same order
  ImageRootSources image_root;  // filled for image-root lists only
};

// Opens everything while still in the host's mount namespace. `pod_mounts`: the mount namespace that holds
// the pod's shared memory, for lists whose image_root asks for it.
StatusOr<MountSources> OpenMountSources(const MountList& list, int pod_mounts = -1);

// Makes a new mount namespace (recursively slave), mounts the root at its target and attaches every
// volume at its target and below the root; or makes the image the root. Does nothing when
// list.private_namespace is false.
Status EnterMounts(const MountList& list, const MountSources& sources);

}  // namespace jobpod
