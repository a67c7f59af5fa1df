#include "runtime/shim/shim_process_windows.hpp"

#include <cstdlib>

#include "base/file.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxRecord = 64;

std::string RecordPath(const std::string& state_directory) {
  return Concat(state_directory, "/process");
}

// "<number> <when it was made>"
std::string Describe(HANDLE process) {
  FILETIME made{}, ended{}, kernel{}, user{};
  GetProcessTimes(process, &made, &ended, &kernel, &user);
  return Concat(GetProcessId(process), " ", (uint64_t{made.dwHighDateTime} << 32) | made.dwLowDateTime);
}

}  // namespace

Status RecordShimProcess(const std::string& state_directory, HANDLE process) {
  return WriteFileAtomic(RecordPath(state_directory), Describe(process));
}

Handle OpenShimProcess(const std::string& state_directory, DWORD access) {
  const StatusOr<std::string> record = ReadFile(RecordPath(state_directory), kMaxRecord);
  if (!record.ok()) return {};
  const auto pid = static_cast<DWORD>(std::strtoul(record->c_str(), nullptr, 10));
  Handle process(OpenProcess(access | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid));
  return process && Describe(process.get()) == *record ? std::move(process) : Handle();
}

}  // namespace jobpod
