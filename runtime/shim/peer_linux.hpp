// Who is at the other end of the shim's socket.
#pragma once

#include <cstdint>

#include "base/handle_linux.hpp"

namespace jobpod::shim {

// The next waiting connection of a process of our own user, non-blocking; others are closed. Not valid
// when none waits.
Fd AcceptOwner(int listener);

int32_t OwnProcessId();

}  // namespace jobpod::shim
