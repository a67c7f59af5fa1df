// A pod's network identity is the host's.
#pragma once

#include <string>
#include <vector>

namespace jobpod {

struct HostIdentity {
  std::string hostname;
  std::vector<std::string> addresses;  // global unicast, the default route's interface first, IPv4 first
};

// Read anew at each call; never fails (an unknown part is empty). Thread-safe.
HostIdentity ReadHostIdentity();

// The name alone.
std::string ReadHostname();

}  // namespace jobpod
