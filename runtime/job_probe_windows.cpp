#include "runtime/job_probe_windows.hpp"

#include <windows.h>

#include "base/handle_windows.hpp"

namespace jobpod {
namespace {

constexpr SIZE_T kAnySize = 64u << 20;
constexpr DWORD kAnyCount = 100;

// Wine takes the limits, tells none when asked, and keeps none.
bool KeepsLimit(HANDLE job, DWORD flag) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  limits.BasicLimitInformation.LimitFlags = flag;
  limits.BasicLimitInformation.ActiveProcessLimit = kAnyCount;
  limits.JobMemoryLimit = kAnySize;
  if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) return false;
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION told{};
  return QueryInformationJobObject(job, JobObjectExtendedLimitInformation, &told, sizeof told, nullptr) &&
         (told.BasicLimitInformation.LimitFlags & flag) != 0;
}

bool KeepsCpuRate(HANDLE job) {
  JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate{};
  rate.ControlFlags = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
  rate.CpuRate = 10000;
  return SetInformationJobObject(job, JobObjectCpuRateControlInformation, &rate, sizeof rate) != 0;
}

bool CountsIo(HANDLE job) {
  JOBOBJECT_BASIC_AND_IO_ACCOUNTING_INFORMATION counted{};
  return QueryInformationJobObject(job, JobObjectBasicAndIoAccountingInformation, &counted, sizeof counted,
                                   nullptr);
}

}  // namespace

JobSystem ProbeJobObjects() {
  JobSystem system;
  system.mode = "job-object";
  system.kernel_tree_kill = true;
  const Handle job(CreateJobObjectW(nullptr, nullptr));
  const auto check = [&](bool has, const char* controller, const char* sentence) {
    if (has) {
      system.controllers.emplace_back(controller);
    } else {
      system.missing.emplace_back(sentence);
    }
  };
  check(KeepsLimit(job.get(), JOB_OBJECT_LIMIT_ACTIVE_PROCESS), "pids",
        "job objects keep no limit on processes: a fork bomb in a container is not bounded");
  check(KeepsLimit(job.get(), JOB_OBJECT_LIMIT_JOB_MEMORY), "memory",
        "job objects keep no memory limit: containers are not bounded, and OOMKilled is never told");
  check(KeepsCpuRate(job.get()), "cpu", "job objects have no CPU rate control: CPU limits are not applied");
  check(CountsIo(job.get()), "io", "job objects do not count reads and writes: I/O statistics are absent");
  return system;
}

}  // namespace jobpod
