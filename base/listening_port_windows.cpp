#include <winsock2.h>

#include "base/listening_port.hpp"

namespace jobpod {

// What is called SO_REUSEADDR here shares a port that is in use. Taken alone, a port is refused while a connection that
// its last owner accepted lingers: whoever starts anew must try again.
void TakePortAlone(uintptr_t socket) {
  const BOOL yes = TRUE;
  setsockopt(static_cast<SOCKET>(socket), SOL_SOCKET, SO_EXCLUSIVEADDRUSE, reinterpret_cast<const char*>(&yes),
             sizeof yes);
}

}  // namespace jobpod
