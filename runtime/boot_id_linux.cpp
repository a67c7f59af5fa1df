#include "base/file.hpp"
#include "runtime/boot_id.hpp"

namespace jobpod {

StatusOr<std::string> ReadBootId() {
  return ReadFile("/proc/sys/kernel/random/boot_id", 256);
}

}  // namespace jobpod
