#include "test/harness/processes.hpp"

namespace jobpod::test {

std::vector<pid_t> ProcessesWith(const std::string& text, const std::string& other) {
  std::vector<pid_t> found;
  for (const pid_t pid : AllProcesses()) {
    const std::string line = CommandLine(pid);
    if (line.find(text) != std::string::npos && line.find(other) != std::string::npos) found.push_back(pid);
  }
  return found;
}

}  // namespace jobpod::test
