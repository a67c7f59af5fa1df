#pragma once

#include <cstddef>

namespace jobpod::streaming {

// How many descriptors (Linux) or handles (Windows) this process has open.
size_t OpenDescriptors();

}  // namespace jobpod::streaming
