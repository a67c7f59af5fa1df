// The kernel's mount calls on descriptors (Linux 5.12+). Errors name `what`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

// Gives the calling thread a mount namespace of its own that follows the host's (recursively slave).
Status LeaveHostNamespace();

// A detached copy of what `fd` names, in the same peer groups; `recursive` takes the mounts below along.
StatusOr<Fd> CloneTree(int fd, bool recursive, std::string_view what);

// Attaches a detached tree exactly on `target`: no link is followed.
Status AttachTree(int tree, int target, std::string_view what);

// Applies to the tree and everything below it. PROPAGATION_SHARED leaves the peer groups as cloned.
Status SetPropagation(int tree, Propagation propagation, std::string_view what);

// Applies to the top mount alone: mounts below keep their own flag, as CRI asks.
Status SetReadonly(int tree, std::string_view what);

// Which mount of this namespace the descriptor lies on.
StatusOr<uint64_t> MountIdOf(int fd);

// A name mount(2) accepts for an open descriptor.
std::string DescriptorPath(int fd);

}  // namespace jobpod
