// What this process itself uses.
#pragma once

#include <cstdint>

namespace jobpod {

struct ProcessUsage {
  uint64_t resident_bytes = 0;
  uint64_t open_files = 0;
  uint64_t threads = 0;
  double cpu_seconds = 0;
};

// Unknown parts are 0. Thread-safe.
ProcessUsage ReadProcessUsage();

}  // namespace jobpod
