// A new process on Windows, born inside its jobs.
#pragma once

#include <windows.h>

#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/job.hpp"
#include "runtime/new_process_windows.hpp"

namespace jobpod {

// The variables a process of the plan gets in the account of `token` (null: the calling process's), sorted as Windows
// keeps its own; each entry ends with a NUL, and so does the block.
std::wstring EnvironmentBlock(const LaunchPlan& plan, HANDLE token);

// Starts the first of the plan's executables that exists, as the account of `token` (null: the calling process's), in all
// of `jobs` (outermost first) from its first instruction on, with the standard streams of `handles` and nothing else
// inherited, in a console that nobody sees or in `console`. A batch file or a command of cmd.exe, and nothing else, is
// run by cmd.exe. NotFound when none exists, else Windows' own reason.
StatusOr<BornProcess> StartProcess(const LaunchPlan& plan, const SpawnHandles& handles,
                                   const std::vector<HANDLE>& jobs, HANDLE token,
                                   NewProcess::Console console = NewProcess::Console::kHidden);

}  // namespace jobpod
