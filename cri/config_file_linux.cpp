#include "base/file.hpp"
#include "cri/config_file.hpp"

namespace jobpod {

StatusOr<std::string> ReadConfigFile(const std::string& file, size_t max_bytes) {
  return ReadFile(file, max_bytes);
}

}  // namespace jobpod
