// Signals on Windows: the console event a program expects, delivered to every process of a tree.
#pragma once

#include <windows.h>

#include <cstdint>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// The event for a Linux signal number: SIGINT is Ctrl-C, SIGHUP and SIGQUIT are Ctrl-Break, SIGTERM and
// everything else is the system's shutdown event. Not for SIGKILL.
DWORD ConsoleEventFor(int signal);

// Raises `event` in each of these processes that is in `job` (whose number may be somebody else's by now), or in each
// where `job` is null, by a thread that starts at the system's own dispatcher, so that neither a
// console nor a window is needed. Processes that have ended meanwhile are passed over; the error is of the
// last one that could not be reached (another machine type, access denied), after the rest have been.
Status RaiseConsoleEvent(HANDLE job, const std::vector<int32_t>& pids, DWORD event);

}  // namespace jobpod
