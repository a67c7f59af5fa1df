// A process's terminal as its owner sees it: the master side of a pty on Linux, a pseudo console on Windows.
// On Linux the process itself opens it, in its own view of /dev, and sends the master over a socket
// (SpawnHandles::console): so the terminal has the name the process knows it by.
#pragma once

#include <cstdint>

#include "base/status.hpp"

namespace jobpod {

// In characters. A size of 0 is no size and changes nothing. The process is told (SIGWINCH).
void ResizeConsole(intptr_t console, uint16_t width, uint16_t height);

}  // namespace jobpod
