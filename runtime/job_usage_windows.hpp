// What a job object's tree has used.
#pragma once

#include <windows.h>

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// `memory_limit` is the job's own, 0 = none. Where the job does not count CPU time or committed memory itself
// (Wine), the living processes' are added up. Thread-safe.
StatusOr<JobUsage> ReadJobUsage(HANDLE job, uint64_t memory_limit, UsageDetail detail);

}  // namespace jobpod
