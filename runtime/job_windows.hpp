// Job objects with other parts of the system than its own, for tests.
#pragma once

#include <functional>
#include <string>

#include "runtime/job.hpp"
#include "volumes/bind_filter_windows.hpp"

namespace jobpod {

struct WindowsJobParts {
  // Asked for each job with a view of its own (MountList.private_namespace).
  std::function<BindCalls()> bind_calls;
  // A program whose main hands over to InnerLauncherMain: the shim's.
  std::wstring launcher;
};

// As SystemJobs (job.hpp), which has the system's bind filter and the calling process's own program.
StatusOr<std::unique_ptr<Jobs>> MakeWindowsJobs(WindowsJobParts parts);

}  // namespace jobpod
