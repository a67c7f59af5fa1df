// Files by path, for the daemon's own directories. Work inside untrusted trees (images, volumes) is
// descriptor-relative: see file_linux.hpp. All functions are thread-safe; errors name the path.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// The whole file; ResourceExhausted when it is larger than `max_bytes`.
StatusOr<std::string> ReadFile(const std::string& path, size_t max_bytes = 64u << 20);

// Replaces `path` by a temporary file and a rename, so that readers see the old or the new content.
// `sync` also makes it survive power loss (fsync of file and directory).
Status WriteFileAtomic(const std::string& path, std::string_view content, uint32_t mode = 0600,
                       bool sync = false);

// Makes a directory and its parents; existing ones are left as they are.
Status MakeDirectories(const std::string& path, uint32_t mode = 0755);

// Gives a file or a directory another name on the same volume; a file that has it is replaced.
Status RenamePath(const std::string& from, const std::string& to);

// Whether there is something of that name; what a link there leads to.
bool PathExists(const std::string& path);

// Removes a file or a directory with all its content, never following links and never crossing into
// another mount. Missing is OK.
Status RemoveTree(const std::string& path);

}  // namespace jobpod
