#pragma once

#include "base/file_windows.hpp"

namespace jobpod {

// ReFS has numbers of 128 bits, and says one of these two where 64 are asked for and do not do.
inline bool HasId(const DirectoryEntry& entry) { return entry.id != 0 && entry.id != ~uint64_t{0}; }

}  // namespace jobpod
