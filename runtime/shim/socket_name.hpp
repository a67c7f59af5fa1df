#pragma once

#include <string>

namespace jobpod {

// Where the shim of a state directory listens: <state_directory>/shim.sock, on Windows the named pipe
// jobpod-shim-<last part of state_directory>.
std::string ShimSocket(const std::string& state_directory);

}  // namespace jobpod
