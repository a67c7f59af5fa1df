#pragma once

#include <cstdint>

namespace jobpod {

// Whether this process is at the other end of a connection within 127.0.0.1, which `peer_port` is the port of;
// `own_port` is this end's.
bool ConnectsFromThisProcess(uint16_t peer_port, uint16_t own_port);

}  // namespace jobpod
