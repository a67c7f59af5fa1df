#include "runtime/job_usage_windows.hpp"

#include <winternl.h>

#include "base/clock.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_object_windows.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kTick = 100;                                     // Windows counts time in 100 ns
constexpr auto kMemoryUsage = static_cast<JOBOBJECTINFOCLASS>(28);  // JobObjectMemoryUsageInformation
constexpr auto kVmCounters = static_cast<PROCESSINFOCLASS>(3);      // ProcessVmCounters

// Undocumented, since Windows 8.
struct MemoryUsage {
  uint64_t committed;
  uint64_t peak;
};

// VM_COUNTERS_EX2, of which systems before Windows 10 fill all but the last two.
struct VmCounters {
  SIZE_T peak_virtual, virtual_size;
  ULONG page_faults;
  SIZE_T peak_working_set, working_set;
  SIZE_T quota[4];
  SIZE_T pagefile, peak_pagefile;
  SIZE_T private_usage;
  SIZE_T private_working_set;
  ULONGLONG shared_commit;
};
constexpr ULONG kOldSize = offsetof(VmCounters, private_working_set);

struct ProcessSums {
  uint64_t user_ns = 0, system_ns = 0;
  uint64_t working_set = 0, committed = 0;
};

uint64_t Ticks(const FILETIME& time) {
  return (static_cast<uint64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime) * kTick;
}

void AddMemory(HANDLE process, ProcessSums& sums) {
  VmCounters counters{};
  if (NtQueryInformationProcess(process, kVmCounters, &counters, sizeof counters, nullptr) >= 0) {
    sums.working_set += counters.private_working_set;
  } else if (NtQueryInformationProcess(process, kVmCounters, &counters, kOldSize, nullptr) >= 0) {
    sums.working_set += counters.working_set;
  }
  sums.committed += counters.private_usage;
}

// A pid may belong to somebody else by now: only what is still in the job counts.
void AddProcess(HANDLE job, int32_t pid, ProcessSums& sums) {
  const Handle process(
      OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, static_cast<DWORD>(pid)));
  BOOL inside = FALSE;
  if (!process || !IsProcessInJob(process.get(), job, &inside) || !inside) return;
  FILETIME created, ended, kernel, user;
  if (GetProcessTimes(process.get(), &created, &ended, &kernel, &user)) {
    sums.user_ns += Ticks(user);
    sums.system_ns += Ticks(kernel);
  }
  AddMemory(process.get(), sums);
}

void AddAccounting(HANDLE job, const ProcessSums& sums, JobUsage& usage) {
  JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counted{};
  QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &counted, sizeof counted, nullptr);
  uint64_t user = static_cast<uint64_t>(counted.TotalUserTime.QuadPart) * kTick;
  uint64_t system = static_cast<uint64_t>(counted.TotalKernelTime.QuadPart) * kTick;
  if (user + system == 0) {
    user = sums.user_ns;
    system = sums.system_ns;
  }
  usage.cpu_ns = user + system;
  usage.cpu_user_ns = user;
  usage.cpu_system_ns = system;
  usage.processes = counted.ActiveProcesses;
  if (counted.TotalPageFaultCount > 0) usage.page_faults = counted.TotalPageFaultCount;
}

void AddIo(HANDLE job, JobUsage& usage) {
  JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION counted{};
  if (!QueryInformationJobObject(job, JobObjectBasicAndIoAccountingInformation, &counted, sizeof counted,
                                 nullptr)) {
    return;
  }
  usage.reads = counted.IoInfo.ReadOperationCount;
  usage.writes = counted.IoInfo.WriteOperationCount;
  usage.read_bytes = counted.IoInfo.ReadTransferCount;
  usage.write_bytes = counted.IoInfo.WriteTransferCount;
}

void AddCommitted(HANDLE job, const ProcessSums& sums, JobUsage& usage) {
  MemoryUsage memory{};
  const bool told = QueryInformationJobObject(job, kMemoryUsage, &memory, sizeof memory, nullptr) != 0;
  usage.memory_bytes = told ? memory.committed : sums.committed;
  if (told && memory.peak > 0) usage.memory_max_usage_bytes = memory.peak;
}

}  // namespace

StatusOr<JobUsage> ReadJobUsage(HANDLE job, uint64_t memory_limit, UsageDetail detail) {
  JobUsage usage;
  usage.timestamp = NowUnixNanos();
  ASSIGN_OR_RETURN(const std::vector<int32_t> pids, JobProcesses(job));
  ProcessSums sums;
  for (int32_t pid : pids) AddProcess(job, pid, sums);
  AddAccounting(job, sums, usage);
  AddCommitted(job, sums, usage);
  usage.working_set_bytes = sums.working_set;
  if (memory_limit > 0) usage.memory_limit_bytes = memory_limit;
  if (detail == UsageDetail::kFull) AddIo(job, usage);
  return usage;
}

}  // namespace jobpod
