#pragma once

#include <functional>
#include <string>

namespace jobpod {

// Whether calls from `peer` (gRPC's ServerContext::peer()) are answered. Thread-safe. Null: everybody's are.
using PeerCheck = std::function<bool(const std::string& peer)>;

}  // namespace jobpod
