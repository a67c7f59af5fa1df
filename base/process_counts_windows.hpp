#pragma once

#include <cstdint>

namespace jobpod {

struct ProcessCounts {
  uint32_t handles = 0, threads = 0;
};

// Of a process of this machine; zeros when there is none. GetProcessHandleCount knows none under Wine; this has the size
// of the table that they are in there, which is no less.
ProcessCounts CountsOf(uint32_t pid);

}  // namespace jobpod
