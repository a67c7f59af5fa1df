#include <windows.h>

#include "base/process_counts_windows.hpp"
#include "cri/streaming/test_descriptors.hpp"

namespace jobpod::streaming {

size_t OpenDescriptors() {
  return CountsOf(GetCurrentProcessId()).handles;
}

}  // namespace jobpod::streaming
