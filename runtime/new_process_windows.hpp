// One call of CreateProcess with all that it wants: streams, jobs, account, and nothing inherited by accident.
#pragma once

#include <windows.h>

#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

struct NewProcess {
  enum class Console {
    kNone,    // none at all
    kHidden,  // one of its own without a window, as programs expect it
    kShared,  // the calling process's
    kPseudo,  // streams.console; then the calling process must have no standard streams, or this one gets those
  };

  std::wstring program;
  std::wstring command_line;
  std::wstring directory;    // empty: the calling process's
  std::wstring environment;  // a block, as EnvironmentBlock makes it
  Console console = Console::kHidden;
  SpawnHandles streams;           // NUL for what is not given; the standard ones not used with kPseudo
  std::vector<HANDLE> inherited;  // besides the streams; inheritable
  std::vector<HANDLE> jobs;       // outermost first; none: only the calling process's own
  HANDLE token = nullptr;         // null: the calling process's account
};

struct BornProcess {
  int32_t pid = 0;
  Handle process;
};

// The process is in its jobs from its first instruction on. The error is Windows' own reason.
StatusOr<BornProcess> CreateNewProcess(NewProcess wanted);

// A copy that a new process can inherit; of -1, NUL.
StatusOr<Handle> InheritableCopy(intptr_t handle);

}  // namespace jobpod
