#include <filesystem>

#include "base/text.hpp"
#include "cri/test_address.hpp"

namespace jobpod {

std::string TestAddress(const std::string& directory) {
  return Concat("npipe:////./pipe/", std::filesystem::path(directory).filename().string());
}

}  // namespace jobpod
