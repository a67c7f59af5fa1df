// A byte stream in the binary messages of a WebSocket, whose bounds mean nothing: what Kubernetes calls a
// tunnel (SPDY/3.1+portforward.k8s.io).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "cri/streaming/duplex.hpp"
#include "cri/streaming/websocket.hpp"

namespace jobpod::streaming {

// `socket` has accepted. Close() starts the closing handshake, for which the client has `linger`; reads go on
// to an end, but what comes from then on is dropped.
DuplexPointer MakeWebSocketDuplex(WebSocketPointer socket, std::chrono::milliseconds linger);

}  // namespace jobpod::streaming
