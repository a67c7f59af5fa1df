// The bind layout on the daemon's side: everything appears in the container's own silo (bind_filter_windows.hpp); the
// host only gets the directories that a binding lies in and that it lacks.
#pragma once

#include "base/status.hpp"
#include "volumes/host_item_windows.hpp"
#include "volumes/volume_check_windows.hpp"

namespace jobpod {

// Every volume at exactly its target and again below the rootfs. The caller undoes what the owner's journal holds when
// this fails.
StatusOr<MountList> PrepareBind(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, HostItems& items);

}  // namespace jobpod
