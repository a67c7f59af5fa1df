#include "base/text.hpp"
#include "cri/test_address.hpp"

namespace jobpod {

std::string TestAddress(const std::string& directory) {
  return Concat("unix://", directory, "/cri.sock");
}

}  // namespace jobpod
