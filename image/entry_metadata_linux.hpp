// Owner, mode, times and xattrs of an entry, on what was just made for it.
#pragma once

#include <sys/stat.h>

#include <ctime>
#include <string>

#include "base/status.hpp"
#include "image/tar_reader.hpp"

namespace jobpod {

timespec TimeOf(const TarEntry& entry);

// On an open file or directory; the time only when `with_time`. xattrs of the namespaces user, security
// (capabilities only) and system (ACLs) are kept, others ignored; a file system without xattrs is no error.
Status ApplyMetadata(int fd, const TarEntry& entry, bool with_time);

// On `name` in `directory`, itself and not what it points to; no xattrs. A symlink has no mode.
Status ApplyMetadataAt(int directory, const std::string& name, const TarEntry& entry);

// Owner, mode, time and xattrs of what lies open at `fd` (or was only looked at, when it is negative).
TarEntry MetadataOf(const struct stat& info, int fd);

}  // namespace jobpod
