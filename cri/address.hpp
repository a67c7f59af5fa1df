// Addresses as users write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// The path of "unix:///run/jobpod/jobpod.sock". InvalidArgument for anything else, a relative path, or one
// that is longer than a socket's address can be (107 bytes). The sentence continues "<key> …".
StatusOr<std::string> ParseEndpoint(std::string_view text);

struct HostPort {
  std::string host;  // without brackets
  uint16_t port = 0;
};

// "127.0.0.1:9450", "[::1]:0" or "localhost:80". InvalidArgument when it is no such pair, or when the host
// is not the loopback: these services have no authentication. The sentence continues "<key> …".
StatusOr<HostPort> ParseLoopback(std::string_view text);

}  // namespace jobpod
