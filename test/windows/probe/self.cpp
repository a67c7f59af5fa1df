// What the process was given: arguments, environment, directory, account, job.
#include <windows.h>

#include <sddl.h>

#include <array>
#include <memory>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {
namespace {

std::optional<int> Arguments(Words words) {
  for (const std::string& word : words) Print("[" + word + "]\n");
  return std::nullopt;
}

std::optional<int> Line(Words) {
  Print(Utf8(GetCommandLineW()) + "\n");
  return std::nullopt;
}

// All variables in their order, or the values of those that are named; one that is not there says so.
std::optional<int> Environment(Words names) {
  for (const std::string& name : names) {
    std::wstring value(0x8000, L'\0');
    SetLastError(ERROR_SUCCESS);
    const DWORD size = GetEnvironmentVariableW(Wide(name).c_str(), value.data(), static_cast<DWORD>(value.size()));
    const bool there = size > 0 || GetLastError() != ERROR_ENVVAR_NOT_FOUND;
    Print(name + (there ? "=" + Utf8({value.data(), size}) : " is not set") + "\n");
  }
  if (!names.empty()) return std::nullopt;
  const std::unique_ptr<wchar_t, decltype(&FreeEnvironmentStringsW)> block(GetEnvironmentStringsW(),
                                                                          FreeEnvironmentStringsW);
  for (const wchar_t* at = block.get(); *at; at += std::wstring_view(at).size() + 1) Print(Utf8(at) + "\n");
  return std::nullopt;
}

std::optional<int> Directory(Words) {
  std::wstring path(0x8000, L'\0');
  path.resize(GetCurrentDirectoryW(static_cast<DWORD>(path.size()), path.data()));
  Print(Utf8(path) + "\n");
  return std::nullopt;
}

std::string Name(PSID sid) {
  wchar_t name[256] = L"", domain[256] = L"";
  DWORD name_size = 256, domain_size = 256;
  SID_NAME_USE use{};
  LookupAccountSidW(nullptr, sid, name, &name_size, domain, &domain_size, &use);
  return Utf8(domain) + "\\" + Utf8(name);
}

std::optional<int> Account(Words) {
  HANDLE token = nullptr;
  std::array<char, 1024> buffer;
  DWORD size = 0;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token) ||
      !GetTokenInformation(token, TokenUser, buffer.data(), buffer.size(), &size)) {
    return Failed("ask for the account");
  }
  const PSID sid = reinterpret_cast<const TOKEN_USER*>(buffer.data())->User.Sid;
  wchar_t* text = nullptr;
  if (!ConvertSidToStringSidW(sid, &text)) return Failed("write the account's SID");
  Print("account=" + Name(sid) + "\nsid=" + Utf8(text) + "\n");
  LocalFree(text);
  CloseHandle(token);
  return std::nullopt;
}

// The innermost job: what it holds and at most may use.
std::optional<int> Job(Words) {
  struct {
    JOBOBJECT_BASIC_PROCESS_ID_LIST list;
    ULONG_PTR more[256];
  } processes{};
  BOOL inside = FALSE;
  IsProcessInJob(GetCurrentProcess(), nullptr, &inside);
  Print("job=" + std::to_string(inside) + "\n");
  if (!QueryInformationJobObject(nullptr, JobObjectBasicProcessIdList, &processes, sizeof processes, nullptr))
    return Failed("ask for the job's processes");
  Print("processes=" + std::to_string(processes.list.NumberOfProcessIdsInList) + "\n");
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits{};
  if (QueryInformationJobObject(nullptr, JobObjectExtendedLimitInformation, &limits, sizeof limits, nullptr))
    Print("memory=" + std::to_string(limits.JobMemoryLimit) + "\n");
  return std::nullopt;
}

std::optional<int> Pid(Words) {
  Print("pid=" + std::to_string(GetCurrentProcessId()) + "\n");
  return std::nullopt;
}

std::optional<int> Console(Words) {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  const bool there = GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info);
  Print(there ? "console=" + std::to_string(info.srWindow.Right - info.srWindow.Left + 1) + "x" +
                    std::to_string(info.srWindow.Bottom - info.srWindow.Top + 1) + "\r\n"
              : "console=none\n");
  return std::nullopt;
}

constexpr Deed kDeeds[] = {
    {"args", true, Arguments}, {"line", true, Line},       {"env", false, Environment}, {"cwd", false, Directory},
    {"account", false, Account}, {"job", false, Job},      {"pid", false, Pid},         {"console", false, Console},
};

}  // namespace

std::span<const Deed> SelfDeeds() {
  return kDeeds;
}

}  // namespace jobpod::probe
