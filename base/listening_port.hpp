// The port of a listening socket.
#pragma once

#include <cstdint>

namespace jobpod {

// Before it is bound: nobody shares its port, and what is left of an earlier owner's connections does not keep it
// away. `socket` is a descriptor (Linux) or a SOCKET (Windows) and stays the caller's.
void TakePortAlone(uintptr_t socket);

}  // namespace jobpod
