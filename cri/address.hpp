// Addresses as users write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// Where clients of CRI connect: a socket or pipe of the system, or a port.
struct EndpointAddress {
  std::string path;  // /run/jobpod/jobpod.sock, \\.\pipe\jobpod; empty: `tcp`
  HostPort tcp;
};

// Linux: "unix:///run/jobpod/jobpod.sock", with a path that a socket's address can hold (107 bytes). Windows:
// "npipe:////./pipe/jobpod", or "tcp://127.0.0.1:2376" with any port of the loopback. InvalidArgument for anything
// else. The sentence continues "<key> …".
StatusOr<EndpointAddress> ParseEndpoint(std::string_view text);

// "127.0.0.1:9450", "[::1]:0" or "localhost:80". InvalidArgument when it is no such pair, or when the host
// is not the loopback: these services have no authentication. The sentence continues "<key> …".
StatusOr<HostPort> ParseLoopback(std::string_view text);

}  // namespace jobpod
