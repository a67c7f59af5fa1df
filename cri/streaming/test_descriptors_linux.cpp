#include <filesystem>

#include "cri/streaming/test_descriptors.hpp"

namespace jobpod::streaming {

size_t OpenDescriptors() {
  std::error_code error;
  size_t count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count;
}

}  // namespace jobpod::streaming
