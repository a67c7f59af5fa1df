#include "cri/process.hpp"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <sstream>

#include "base/file.hpp"
#include "cri/process_words.hpp"

namespace jobpod {
namespace {

sigset_t EndSignals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Many pods are many descriptors.
void RaiseOpenFiles() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void PrepareProcess() {
  const sigset_t set = EndSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  umask(022);
  mallopt(M_ARENA_MAX, 2);
  RaiseOpenFiles();
}

void ReleaseUnusedMemory() {
  malloc_trim(0);
  const StatusOr<std::string> maps = ReadFile("/proc/self/maps", 1u << 20);
  if (!maps.ok()) return;
  std::istringstream lines(*maps);
  for (std::string line; std::getline(lines, line);) {
    unsigned long begin = 0, end = 0;
    char mode[5] = {};
    // Code of a file is never written to, so nothing is lost; data that looks read-only may be relocated.
    const bool code = std::sscanf(line.c_str(), "%lx-%lx %4s", &begin, &end, mode) == 3 &&
                      std::string_view(mode) == "r-xp" && line.find('/') != std::string::npos;
    if (code) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
}

void WaitForEndSignal() {
  const sigset_t set = EndSignals();
  int number = 0;
  while (sigwait(&set, &number) != 0) {
  }
}

std::vector<std::string> WordsOf(int count, char** arguments) {
  return {arguments, arguments + count};
}

std::string BesideThisProgram(const std::string& name) {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0) return name;
  const std::string self(path, static_cast<size_t>(size));
  return self.substr(0, self.rfind('/') + 1) + name;
}

}  // namespace jobpod
