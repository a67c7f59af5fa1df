#include "test/harness/processes.hpp"

#include <windows.h>
#include <winternl.h>

#include <tlhelp32.h>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod::test {
namespace {

constexpr auto kProcessCommandLine = static_cast<PROCESSINFOCLASS>(60);

Handle Open(pid_t pid, DWORD access) {
  return Handle(OpenProcess(access, FALSE, static_cast<DWORD>(pid)));
}

}  // namespace

std::vector<pid_t> AllProcesses() {
  std::vector<pid_t> pids;
  const Handle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  PROCESSENTRY32W entry{};
  entry.dwSize = sizeof entry;
  for (BOOL more = Process32FirstW(snapshot.get(), &entry); more; more = Process32NextW(snapshot.get(), &entry))
    pids.push_back(static_cast<pid_t>(entry.th32ProcessID));
  return pids;
}

std::string CommandLine(pid_t pid) {
  const Handle process = Open(pid, PROCESS_QUERY_LIMITED_INFORMATION);
  std::string buffer(sizeof(UNICODE_STRING) + 2 * 0x8000, '\0');
  ULONG size = 0;
  if (!process || NtQueryInformationProcess(process.get(), kProcessCommandLine, buffer.data(),
                                            static_cast<ULONG>(buffer.size()), &size) < 0) {
    return "";
  }
  const auto* line = reinterpret_cast<const UNICODE_STRING*>(buffer.data());
  return Utf8({line->Buffer, line->Length / sizeof(wchar_t)});
}

bool Alive(pid_t pid) {
  const Handle process = Open(pid, SYNCHRONIZE);
  return process && WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
}

}  // namespace jobpod::test
