#include "base/open_handles_windows.hpp"
#include "cri/streaming/test_descriptors.hpp"

namespace jobpod::streaming {

size_t OpenDescriptors() {
  return OwnOpenFiles();
}

}  // namespace jobpod::streaming
