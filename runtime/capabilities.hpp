// Linux capabilities by name, and the set a container gets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// Bit n = capability n.
using CapabilitySet = uint64_t;

// "CAP_NET_ADMIN" or "NET_ADMIN", any case, to its number.
std::optional<int> CapabilityNumber(const std::string& name);
std::string CapabilityName(int number);  // "CAP_NET_ADMIN"

struct CapabilityRequest {
  bool privileged = false;
  std::vector<std::string> add, drop, ambient;  // CRI; add and drop may say ALL
};

struct Capabilities {
  CapabilitySet kept = 0, ambient = 0;
};

// What containerd gives: the customary 14, plus `add`, minus `drop` (ALL first, then single names);
// everything when privileged. `own` is what this process can give away: ALL means all of it. InvalidArgument
// for an unknown name, FailedPrecondition for one asked for by name that `own` lacks.
StatusOr<Capabilities> ChooseCapabilities(const CapabilityRequest& request, CapabilitySet own);

// What this process can give away.
CapabilitySet OwnCapabilities();

}  // namespace jobpod
