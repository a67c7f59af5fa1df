// The bind layout in the kernel: a job becomes an application silo, and the bind filter (bindfltapi.dll) shows its
// processes other files at some paths. Wine has neither; all that asks the system is behind BindCalls.
#pragma once

#include <functional>
#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

struct BindCalls {
  // OK, or why this system has no bind filter.
  std::function<Status()> available;
  // SetInformationJobObject(JobObjectCreateSilo): the job has KILL_ON_JOB_CLOSE and no process yet.
  std::function<Status(HANDLE job)> make_silo;
  // BfSetupFilter: shows `source` at `target` to the processes of the silo.
  std::function<Status(HANDLE job, uint32_t flags, const std::wstring& target, const std::wstring& source)> bind;
};

inline constexpr uint32_t kBindReadOnly = 1, kBindInSilo = 4;  // BINDFLT_FLAG_…

// Looks for the filter once for each call of this.
BindCalls SystemBindCalls();

// Carries out a list of the bind layout on an empty job, the rootfs first and parents before what lies in them. Does
// nothing when list.private_namespace is false. A failure leaves a job that must not be used.
Status EnterBindings(HANDLE job, const MountList& list, const BindCalls& calls);

}  // namespace jobpod
