#include <windows.h>

#include <psapi.h>

#include "base/process_counts_windows.hpp"
#include "cri/process_usage.hpp"

namespace jobpod {
namespace {

double Seconds(const FILETIME& time) {
  return static_cast<double>(uint64_t{time.dwHighDateTime} << 32 | time.dwLowDateTime) / 1e7;
}

uint64_t ResidentBytes(HANDLE process) {
  PROCESS_MEMORY_COUNTERS counters{};
  return GetProcessMemoryInfo(process, &counters, sizeof counters) ? counters.WorkingSetSize : 0;
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  const HANDLE self = GetCurrentProcess();
  FILETIME created{}, ended{}, kernel{}, user{};
  GetProcessTimes(self, &created, &ended, &kernel, &user);
  const ProcessCounts counts = CountsOf(GetCurrentProcessId());
  return {.resident_bytes = ResidentBytes(self),
          .open_files = counts.handles,
          .threads = counts.threads,
          .cpu_seconds = Seconds(kernel) + Seconds(user)};
}

}  // namespace jobpod
