// A TCP connection as a Duplex.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "cri/streaming/duplex.hpp"

namespace jobpod::streaming {

// `socket` is connected and runs on the executor the result is used on. `first` was read from it already.
DuplexPointer MakeTcpDuplex(boost::asio::ip::tcp::socket socket, std::string first = "");

}  // namespace jobpod::streaming
