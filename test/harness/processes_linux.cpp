#include "test/harness/processes.hpp"

#include <dirent.h>
#include <stdlib.h>

#include <algorithm>

#include "base/text.hpp"
#include "test/harness/process.hpp"

namespace jobpod::test {
namespace {

std::string Proc(pid_t pid, const char* file) {
  return Slurp(Concat("/proc/", pid, "/", file));
}

}  // namespace

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  DIR* proc = opendir("/proc");
  while (const dirent* entry = readdir(proc))
    if (const int pid = atoi(entry->d_name); pid > 0) pids.push_back(pid);
  closedir(proc);
  return pids;
}

std::string CommandLine(pid_t pid) {
  std::string line = Proc(pid, "cmdline");
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

bool Alive(pid_t pid) {
  const std::string stat = Proc(pid, "stat");
  const size_t name_end = stat.rfind(')');
  return name_end != std::string::npos && name_end + 2 < stat.size() && stat[name_end + 2] != 'Z' &&
         stat[name_end + 2] != 'X';
}

}  // namespace jobpod::test
