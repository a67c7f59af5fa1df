// The link layout: the rootfs is mounted on the host, volumes are symbolic links below it.
#pragma once

#include "base/journal.hpp"
#include "base/status.hpp"
#include "volumes/volume_check_linux.hpp"

namespace jobpod {

// Refuses what a link cannot honour, mounts the rootfs at root.target (journaled) and makes the links, which
// live and die with the writable layer. The caller undoes what the owner's journal holds when this fails.
StatusOr<MountList> PrepareLink(const std::string& owner, const RootMount& root,
                                const std::vector<CheckedVolume>& volumes, Journal& journal);

// Takes down a mount or a directory that PrepareLink journaled.
Status UndoLink(const JournalEntry& entry, Journal& journal);

}  // namespace jobpod
