// CRI's limits as a Windows job object takes them. Asks nothing of the system, so it is the same everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// Unset = leave as it is.
struct WindowsLimits {
  std::optional<uint64_t> memory_bytes;  // committed by the whole tree; 0 = unlimited
  std::optional<uint32_t> processes;     // alive at once; 0 = unlimited
  struct Cpu {
    bool weight = false;  // value is 1…9, a share among jobs; else a hard cap
    uint32_t value = 0;   // 1…10000, hundredths of a percent of the whole host
  };
  std::optional<Cpu> cpu;
  // Processors that may be used, a mask for each of Windows' groups of 64; empty = leave.
  std::vector<uint64_t> affinity;
  std::vector<std::string> skipped;  // "cpu_quota_us: not on Windows", for what job objects do not have
};

// InvalidArgument for values out of range and for more than one way to limit the CPU. `processors` are the
// host's logical ones.
StatusOr<WindowsLimits> TranslateLimits(const Limits& limits, uint32_t processors);

}  // namespace jobpod
