// The link layout: the rootfs is at <link root>\<id> for every process of the host, volumes are links below it.
#pragma once

#include "base/status.hpp"
#include "volumes/host_item_windows.hpp"
#include "volumes/volume_check_windows.hpp"

namespace jobpod {

// Refuses what a link cannot honour and makes the links (junctions to directories, symbolic links to files and to other
// machines). The caller undoes what the owner's journal holds when this fails.
StatusOr<MountList> PrepareLink(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, HostItems& items);

}  // namespace jobpod
