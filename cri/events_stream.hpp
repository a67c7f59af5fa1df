// GetContainerEvents: life-cycle events to one client, for as long as it reads.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "cri/rooms.hpp"
#include "cri/skin.hpp"

namespace jobpod {

// The reactor belongs to itself and ends when the client goes, the server shuts down, or the client has
// not kept up (ResourceExhausted, so that it lists anew). `rooms` outlives it.
grpc::ServerWriteReactor<grpc::ByteBuffer>* StreamEvents(const Rooms& rooms, const Status& admitted,
                                                         RpcRecord record);

}  // namespace jobpod
