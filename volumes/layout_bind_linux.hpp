// The bind layout: everything appears in the container's own mount namespace; the host only gets the mount
// points that are missing.
#pragma once

#include "base/status.hpp"
#include "volumes/mount_stub_linux.hpp"
#include "volumes/volume_check_linux.hpp"

namespace jobpod {

// Decides where each volume appears and makes its mount points. `root` has its target set. The caller holds
// the lock of `stubs` and undoes what the owner's journal holds when this fails.
StatusOr<MountList> PrepareBind(const std::string& owner, const RootMount& root,
                                std::vector<CheckedVolume> volumes, MountStubs& stubs);

}  // namespace jobpod
