#include <cstdlib>

#include "base/text.hpp"
#include "test/harness/daemon.hpp"

namespace jobpod::test {

std::string Program(const std::string& name) {
  const char* directory = getenv("JOBPOD_BIN");
  return Concat(directory ? directory : JOBPOD_BINARY_DIR, "/", name);
}

std::string Daemon::address() const {
  return Concat("unix://", directory_ / "jobpod.sock");
}

}  // namespace jobpod::test
