#include "test/harness/processes.hpp"

#include <windows.h>
#include <winternl.h>

#include <tlhelp32.h>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod::test {
namespace {

Handle Open(pid_t pid, DWORD access) {
  return Handle(OpenProcess(access, FALSE, static_cast<DWORD>(pid)));
}

// What lies at an address of another process.
template <typename Thing>
bool Read(HANDLE process, const void* address, Thing& thing) {
  SIZE_T got = 0;
  return ReadProcessMemory(process, address, &thing, sizeof thing, &got) && got == sizeof thing;
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

// From the process's own memory: Wine 8 does not tell it otherwise.
std::string CommandLine(pid_t pid) {
  const Handle process = Open(pid, PROCESS_QUERY_INFORMATION | PROCESS_VM_READ);
  PROCESS_BASIC_INFORMATION basic{};
  PEB block{};
  RTL_USER_PROCESS_PARAMETERS parameters{};
  ULONG size = 0;
  if (!process || NtQueryInformationProcess(process.get(), ProcessBasicInformation, &basic, sizeof basic, &size) < 0 ||
      !Read(process.get(), basic.PebBaseAddress, block) || !Read(process.get(), block.ProcessParameters, parameters)) {
    return "";
  }
  std::wstring line(parameters.CommandLine.Length / sizeof(wchar_t), L'\0');
  SIZE_T got = 0;
  ReadProcessMemory(process.get(), parameters.CommandLine.Buffer, line.data(), parameters.CommandLine.Length, &got);
  return Utf8(line);
}

bool Alive(pid_t pid) {
  const Handle process = Open(pid, SYNCHRONIZE);
  return process && WaitForSingleObject(process.get(), 0) == WAIT_TIMEOUT;
}

}  // namespace jobpod::test
