// What tests of Windows' jobs ask of processes.
#pragma once

#include <windows.h>
#include <winternl.h>

#include <catch2/catch.hpp>

#include "base/handle_windows.hpp"

namespace jobpod {

// Whether this process has started it itself.
inline bool IsOurChild(const Handle& process) {
  PROCESS_BASIC_INFORMATION information{};
  REQUIRE(NtQueryInformationProcess(process.get(), ProcessBasicInformation, &information, sizeof information,
                                    nullptr) >= 0);
  return information.InheritedFromUniqueProcessId == GetCurrentProcessId();
}

inline DWORD ExitCodeOf(const Handle& process) {
  REQUIRE(WaitForSingleObject(process.get(), 60'000) == WAIT_OBJECT_0);
  DWORD code = 0;
  REQUIRE(GetExitCodeProcess(process.get(), &code));
  return code;
}

}  // namespace jobpod
