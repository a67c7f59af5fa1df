// Pipes for a process's standard streams.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// Both ends close on exec and block.
struct Pipe {
  Fd read, write;
};

// `capacity` in bytes; 0 = the system's own. One the system does not allow (pipe-max-size, the user's share)
// is quietly left at the default.
StatusOr<Pipe> MakePipe(int capacity = 0);

// Gives a pipe another capacity, if the system allows it; what is in it stays.
void SetPipeSize(const Fd& end, int capacity);

// Several processes may hold one description: only for an end that is this process's alone.
Status MakeNonBlocking(const Fd& end);

// Another descriptor of the same description, closed on exec.
StatusOr<Fd> Duplicate(const Fd& from);

}  // namespace jobpod
