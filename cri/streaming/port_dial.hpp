// A connection to a port of this host's loopback, which is the network of every pod here.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>

#include "base/status.hpp"
#include "cri/streaming/duplex.hpp"

namespace jobpod::streaming {

// Tries 127.0.0.1, then ::1. `done` runs once on the executor, not inside the call; Unavailable with the
// first failure's reason.
void DialLoopback(const boost::asio::any_io_executor& executor, uint16_t port,
                  std::function<void(StatusOr<DuplexPointer>)> done);

}  // namespace jobpod::streaming
