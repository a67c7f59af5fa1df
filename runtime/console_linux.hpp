// Handing a terminal's master side from the process that opened it to its owner.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "runtime/console.hpp"

namespace jobpod {

// A pair of connected packet sockets, closed on exec.
struct SocketPair {
  Fd ours, theirs;
};
StatusOr<SocketPair> MakeSocketPair();

// One packet of one byte that carries `handle`, which stays the caller's.
Status SendHandle(int socket, int handle);

// Takes what SendHandle sent. Does not wait: Unavailable when nothing is there.
StatusOr<Fd> ReceiveHandle(int socket);

}  // namespace jobpod
