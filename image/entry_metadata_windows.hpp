// Times and attributes of an entry, on what was just made for it.
#pragma once

#include <cstdint>
#include <optional>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "image/tar_reader.hpp"

namespace jobpod {

// In units of 100 ns since 1601.
int64_t WindowsTimeOf(const TarEntry& entry);
std::optional<int64_t> TimeOfFile(HANDLE file);

// The last write's time of an open file or directory.
Status SetFileTime(HANDLE file, int64_t time);

// Time and, of a layer of Windows, the attributes its MSWINDOWS.fileattr record asks for: read-only, hidden, system
// and not indexed.
Status ApplyMetadata(HANDLE file, const TarEntry& entry);

}  // namespace jobpod
