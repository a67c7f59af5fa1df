#include <algorithm>

#include "base/handle_windows.hpp"
#include "runtime/console_host_windows.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {

std::unique_ptr<Jobs> MakeHostJobs(const std::string& part) {
  return part == "host" ? Take(SystemJobs()) : nullptr;
}

bool HostHasNothingOf(const std::string& root) {
  return absl::IsNotFound(Take(SystemJobs())->Open(root).status());
}

void CloseProcess(const Spawned& spawned) {
  const Handle owned(reinterpret_cast<HANDLE>(spawned.process_handle));
}

size_t CountPrograms(const std::vector<int32_t>& pids) {
  return static_cast<size_t>(std::count_if(pids.begin(), pids.end(), [](int32_t pid) {
    const Handle process(OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, static_cast<DWORD>(pid)));
    return !process || !IsConsoleHost(process.get());
  }));
}

// A program killed while Wine starts it stays half-born for ever.
bool HostSurvivesStorms() {
  const bool wine = GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
  if (wine) WARN("Wine loses processes that are killed while they start: not tested");
  return !wine;
}

void AdoptOrphans() {}

void ReapEnded() {}

LetKernelReap::LetKernelReap() {}
LetKernelReap::~LetKernelReap() {}

}  // namespace jobpod
