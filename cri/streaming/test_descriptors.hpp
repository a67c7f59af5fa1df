#pragma once

#include <cstddef>

namespace jobpod::streaming {

// How many descriptors (Linux), or handles of files, pipes and sockets (Windows), this process has open.
size_t OpenDescriptors();

}  // namespace jobpod::streaming
