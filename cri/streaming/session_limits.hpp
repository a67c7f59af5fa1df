// What one connection may take, of either transport.
#pragma once

#include <chrono>
#include <cstddef>

namespace jobpod::streaming {

struct SessionLimits {
  size_t max_streams = 1000;  // SPDY: open at a time; one more is refused alone
  std::chrono::milliseconds idle_timeout{4 * 3600 * 1000};
  std::chrono::milliseconds linger{5000};  // for a client to close its side after Finish()
  std::chrono::milliseconds pulse{5000};   // how often a client that does not let us read is looked after
};

}  // namespace jobpod::streaming
