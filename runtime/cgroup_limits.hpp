// Limits → cgroup files. Used for new jobs and for live changes alike.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/cgroup_system.hpp"

namespace jobpod {

// Limits that were left out, as "cpu_quota_us: no cpu controller".
using Skipped = std::vector<std::string>;

// InvalidArgument for values no kernel takes, with the range.
Status CheckLimits(const Limits& limits);

// Writes the limits that are set. FailedPrecondition when the job uses more memory than the new limit.
Status ApplyLimits(const CgroupSystem& system, const std::string& job, const Limits& limits,
                   Skipped& skipped);

// The parts, one per controller and version; `directory` is the job's group in that hierarchy.
Status ApplyMemoryV1(const std::string& directory, const Limits& limits, Skipped& skipped);
Status ApplyCpuV1(const std::string& directory, const Limits& limits);
Status ApplyIoV1(const std::string& directory, const std::string& device, const Limits& limits);
Status ApplyMemoryV2(const std::string& directory, const Limits& limits, Skipped& skipped);
Status ApplyCpuV2(const std::string& directory, const Limits& limits);
Status ApplyIoV2(const std::string& directory, const std::string& device, const Limits& limits);
Status ApplyUnified(const CgroupSystem& system, const std::string& job, const Limits& limits,
                    Skipped& skipped);

// v1 shares (2…262144) as v2 weight (1…10000).
int64_t WeightFromShares(int64_t shares);

// "max" or "-1" (by version) for unlimited, else the number.
std::string LimitText(int64_t value, std::string_view unlimited);

// The error for a limit below what is in use.
Status BelowUsage(int64_t limit, std::string_view in_use, const std::string& directory);

}  // namespace jobpod
