#include "base/process_counts_windows.hpp"

#include <windows.h>

#include <winternl.h>

#include <vector>

namespace jobpod {
namespace {

constexpr size_t kFirstSize = 256u << 10, kLargest = 64u << 20;

// The system's list of processes; empty when it has none to give.
std::vector<char> ListProcesses() {
  std::vector<char> list(kFirstSize);
  ULONG needed = 0;
  NTSTATUS status = 0;
  while ((status = NtQuerySystemInformation(SystemProcessInformation, list.data(), static_cast<ULONG>(list.size()),
                                            &needed)) == static_cast<NTSTATUS>(0xc0000004) /* INFO_LENGTH_MISMATCH */) {
    if (list.size() >= kLargest) return {};
    list.resize(list.size() * 2);
  }
  if (status < 0) list.clear();
  return list;
}

}  // namespace

ProcessCounts CountsOf(uint32_t pid) {
  const std::vector<char> list = ListProcesses();
  for (size_t at = 0; at < list.size();) {
    const auto* process = reinterpret_cast<const SYSTEM_PROCESS_INFORMATION*>(list.data() + at);
    if (reinterpret_cast<uintptr_t>(process->UniqueProcessId) == pid)
      return {.handles = process->HandleCount, .threads = process->NumberOfThreads};
    if (process->NextEntryOffset == 0) break;
    at += process->NextEntryOffset;
  }
  return {};
}

}  // namespace jobpod
