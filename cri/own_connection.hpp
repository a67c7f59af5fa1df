// Connections from this process to its own gRPC port.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "base/status.hpp"
#include "cri/own_ports.hpp"
#include "cri/streaming/duplex.hpp"

namespace jobpod {

// Connects to `port` of 127.0.0.1, from a port that is among `ports` as soon as the connection is ours, before `done` can
// send a byte, and for as long as it is open. `done` runs once, on `executor`, a single thread.
void DialOwnPort(const boost::asio::any_io_executor& executor, std::shared_ptr<OwnPorts> ports, uint16_t port,
                 std::function<void(StatusOr<streaming::DuplexPointer>)> done);

}  // namespace jobpod
