#include "runtime/shim/socket_name.hpp"

#include "base/text.hpp"

namespace jobpod {

// The last part is the pod's id, which no two pods of a host share.
std::string ShimSocket(const std::string& state_directory) {
  const size_t separator = state_directory.find_last_of("/\\");
  return Concat("\\\\.\\pipe\\jobpod-shim-", state_directory.substr(separator + 1));
}

}  // namespace jobpod
