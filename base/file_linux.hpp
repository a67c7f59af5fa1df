// Descriptor-relative file work for untrusted trees (Linux 5.6+, openat2).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// Opens by path (O_CLOEXEC is added).
StatusOr<Fd> OpenFile(const std::string& path, int flags, mode_t mode = 0);

// Opens `path` below `directory`; an absolute path, `..` or link that leads outside is refused
// (RESOLVE_BENEATH, no magic links).
StatusOr<Fd> OpenBeneath(int directory, const std::string& path, int flags, mode_t mode = 0);

// Opens `path` as if `directory` were `/`: absolute links and `..` stay inside (RESOLVE_IN_ROOT).
StatusOr<Fd> OpenInRoot(int directory, const std::string& path, int flags, mode_t mode = 0);

// Like OpenInRoot for a directory that is made when missing, parents too (each by mkdirat on an open
// parent). Returns an O_PATH descriptor of it.
StatusOr<Fd> MakeDirectoriesInRoot(int directory, const std::string& path, mode_t mode);

// Removes `name` in `directory` with all its content: no links followed, no other mount entered,
// read-only directories and deep trees handled. Missing is OK.
Status RemoveTreeAt(int directory, const std::string& name);

// Reads everything up to `max_bytes`; ResourceExhausted beyond. `what` names the source in errors.
StatusOr<std::string> ReadAll(int fd, size_t max_bytes, std::string_view what);

// Writes all of `data`, resuming after EINTR and short writes.
Status WriteAll(int fd, std::string_view data, std::string_view what);

}  // namespace jobpod
