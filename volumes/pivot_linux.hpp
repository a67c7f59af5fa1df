// Making a mount the root of the calling process, for good.
#pragma once

#include "base/status.hpp"

namespace jobpod {

// `root` is an open directory, the top of a mount of the caller's own (not shared) mount namespace. What was
// `/` before is out of reach afterwards; the working directory is the new root.
Status PivotInto(int root);

}  // namespace jobpod
