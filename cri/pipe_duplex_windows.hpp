// A named pipe's end as a connection.
#pragma once

#include <boost/asio/windows/stream_handle.hpp>

#include "cri/streaming/duplex.hpp"

namespace jobpod {

// `pipe` is overlapped and in byte mode. A pipe has no half end: Close() ends both directions, and the other side
// still reads what was written before.
streaming::DuplexPointer MakePipeDuplex(boost::asio::windows::stream_handle pipe);

}  // namespace jobpod
