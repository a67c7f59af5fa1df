// A command whose streams come over the streaming server, for tests and benchmarks.
#pragma once

#include <string>
#include <vector>

#include "test/harness/client.hpp"

namespace jobpod::test {

struct Streamed {
  std::string output, error_output;
  std::string status;  // the JSON of its end; empty when the connection was lost
};

// Runs it to its end by WebSocket (v5.channel.k8s.io), without input. Throws RpcFailed, or
// boost::system::system_error.
Streamed ExecStreamed(CriClient& client, const std::string& container, const std::vector<std::string>& command);

}  // namespace jobpod::test
