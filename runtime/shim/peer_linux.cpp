#include "runtime/shim/peer_linux.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace jobpod::shim {
namespace {

bool IsOwner(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

}  // namespace

Fd AcceptOwner(int listener) {
  for (;;) {
    Fd socket(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket && IsOwner(socket.get())) return socket;
    if (!socket && errno != EINTR && errno != ECONNABORTED) return socket;
  }
}

int32_t OwnProcessId() {
  return getpid();
}

}  // namespace jobpod::shim
