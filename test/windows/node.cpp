#include "test/windows/node.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace jobpod::test {

std::string RootfsOf(const std::string& container, const Daemon& daemon) {
  return daemon.directory() + "\\root\\hpc\\" + container;
}

double SecondsOf(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::vector<pid_t> Children(const std::string& text) {
  std::vector<pid_t> pids;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("child=")) pids.push_back(std::atoi(line.c_str() + 6));
  return pids;
}

bool AnyAlive(const std::vector<pid_t>& pids) {
  return std::ranges::any_of(pids, Alive);
}

CommandResult Jobpod(std::vector<std::string> arguments, Daemon& daemon) {
  arguments.insert(arguments.begin(), {Program("jobpod"), "--address", daemon.address()});
  return RunCommand(arguments);
}

}  // namespace jobpod::test
