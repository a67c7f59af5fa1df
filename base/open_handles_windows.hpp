// Exact numbers of open handles, also under Wine, whose other figures are the size of the table that they are in. For
// tests: they walk the whole system's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace jobpod {

// Of a process; 0 when the system does not tell.
size_t OpenHandlesOf(uint32_t pid);

// This process's files, pipes and sockets: what nobody opens but the program itself, unlike the threads, timers and
// events of the system's pool.
size_t OwnOpenFiles();

}  // namespace jobpod
