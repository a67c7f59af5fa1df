#include <windows.h>

#include "cri/streaming/test_descriptors.hpp"

namespace jobpod::streaming {

size_t OpenDescriptors() {
  DWORD count = 0;
  GetProcessHandleCount(GetCurrentProcess(), &count);
  return count;
}

}  // namespace jobpod::streaming
