// A new process on Windows, born inside its jobs.
#pragma once

#include <windows.h>

#include <vector>

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// Starts the first of the plan's executables that exists, as the account of `token` (null: the calling process's), in all
// of `jobs` (outermost first) from its first instruction on, with the standard streams of `handles` and nothing else
// inherited, without a window, or with the pseudo console `handles.console` (then the calling process must have no
// standard streams, or the program gets those). A batch file or a command of cmd.exe, and nothing else, is run by
// cmd.exe. NotFound when none exists, else Windows' own reason.
StatusOr<Spawned> StartProcess(const LaunchPlan& plan, const SpawnHandles& handles,
                               const std::vector<HANDLE>& jobs, HANDLE token = nullptr);

}  // namespace jobpod
