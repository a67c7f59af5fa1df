#include <sys/socket.h>

#include "base/listening_port.hpp"

namespace jobpod {

// SO_REUSEPORT, which shares a port, is off unless it is asked for.
void TakePortAlone(uintptr_t socket) {
  const int yes = 1;
  setsockopt(static_cast<int>(socket), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

}  // namespace jobpod
