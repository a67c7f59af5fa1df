#pragma once

#include <cstdint>

namespace jobpod {

struct ProcessCounts {
  uint32_t handles = 0, threads = 0;
};

// Of a process of this machine; zeros when there is none. (Wine's GetProcessHandleCount knows no handles.)
ProcessCounts CountsOf(uint32_t pid);

}  // namespace jobpod
