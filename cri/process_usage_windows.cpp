#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>

#include "base/handle_windows.hpp"
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

// The snapshot's entry of a process has the number of its threads.
uint64_t Threads() {
  const Handle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more; more = Process32NextW(snapshot.get(), &entry)) {
    if (entry.th32ProcessID == GetCurrentProcessId()) return entry.cntThreads;
  }
  return 0;
}

}  // namespace

ProcessUsage ReadProcessUsage() {
  const HANDLE self = GetCurrentProcess();
  FILETIME created{}, ended{}, kernel{}, user{};
  GetProcessTimes(self, &created, &ended, &kernel, &user);
  DWORD handles = 0;
  GetProcessHandleCount(self, &handles);
  return {.resident_bytes = ResidentBytes(self),
          .open_files = handles,
          .threads = Threads(),
          .cpu_seconds = Seconds(kernel) + Seconds(user)};
}

}  // namespace jobpod
