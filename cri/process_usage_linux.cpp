#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "base/file.hpp"
#include "cri/process_usage.hpp"

namespace jobpod {
namespace {

uint64_t CountEntries(const char* path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path), closedir);
  if (!directory) return 0;
  uint64_t count = 0;
  while (const dirent* entry = readdir(directory.get())) count += entry->d_name[0] != '.';
  return count;
}

uint64_t ResidentBytes() {
  const StatusOr<std::string> text = ReadFile("/proc/self/statm", 4096);
  unsigned long long size = 0, resident = 0;
  if (!text.ok() || std::sscanf(text->c_str(), "%llu %llu", &size, &resident) != 2) return 0;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const uint64_t files = CountEntries("/proc/self/fd");
  return {.resident_bytes = ResidentBytes(),
          .open_files = files > 0 ? files - 1 : 0,  // without the one that was opened to count
          .threads = CountEntries("/proc/self/task"),
          .cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime)};
}

}  // namespace jobpod
