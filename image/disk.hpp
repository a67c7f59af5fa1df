// Questions about our own directories on disk.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/images.hpp"

namespace jobpod {

// Writes everything of the file system that holds `path` to the disk.
Status SyncDisk(const std::string& path);

// Bytes and inodes below `path`, which is counted too; links are not followed, and a file with several names counts
// once. Files that vanish while it looks are left out.
StatusOr<FilesystemUsage> MeasureTree(const std::string& path);

// What a finished tree holds, by the lengths of its files (rounded up to 4 KiB, a file with several names
// once) and not by what the disk has of them so far: the same tree always gives the same numbers.
StatusOr<FilesystemUsage> MeasureContent(const std::string& path);

// Names in a directory; empty when there is none. A listing that breaks off is an error, not a shorter list.
StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);

// Appends lines to a file, making it.
Status AppendFile(const std::string& path, std::string_view text);

}  // namespace jobpod
