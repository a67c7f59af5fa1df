#include "runtime/shim/socket_name.hpp"

#include "base/text.hpp"

namespace jobpod {

std::string ShimSocket(const std::string& state_directory) {
  return Concat(state_directory, "/shim.sock");
}

}  // namespace jobpod
