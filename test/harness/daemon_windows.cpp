#include <cstdlib>
#include <filesystem>

#include "base/text.hpp"
#include "test/harness/daemon.hpp"

namespace jobpod::test {

std::string Program(const std::string& name) {
  const char* directory = getenv("JOBPOD_BIN");
  if (!directory) SetUpFailed("JOBPOD_BIN does not say where the programs are");
  return Concat(directory, "\\", name, ".exe");
}

std::string Daemon::address() const {
  return Concat("npipe:////./pipe/", std::filesystem::path(directory_.path()).filename().string());
}

}  // namespace jobpod::test
