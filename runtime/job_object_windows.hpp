// Job objects by handle: what job_windows.cpp is made of. Functions are thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "runtime/windows_limits.hpp"

namespace jobpod {

// InvalidArgument for a name that cannot be an object's ("jobpod/<pod>/<container>" can).
Status CheckJobObjectName(const std::string& name);

// Makes the named job object, or takes one over in which nothing runs: AlreadyExists when something does,
// PermissionDenied when it is another account's. Its processes die with its last handle, none can break away, and SYSTEM
// and Administrators alone may open it.
StatusOr<Handle> CreateJobObject(const std::string& name);

// NotFound when there is none of that name, PermissionDenied when it is another account's.
StatusOr<Handle> OpenJobObject(const std::string& name);

// Names of the job objects directly inside `name`, without it.
std::vector<std::string> JobObjectsIn(const std::string& name);

// Sets what is set in `limits` and leaves the rest, with what is kept of earlier calls in `kept` where the
// system does not tell its limits (Wine). What it refuses as unknown is added to `skipped`.
Status ApplyJobLimits(HANDLE job, const WindowsLimits& limits, JOBOBJECT_EXTENDED_LIMIT_INFORMATION& kept,
                      std::vector<std::string>& skipped);

// Processes of the job and of those nested in it.
StatusOr<std::vector<int32_t>> JobProcesses(HANDLE job);

// How many there are now; 0 when the system does not answer.
uint32_t ActiveProcesses(HANDLE job);

}  // namespace jobpod
