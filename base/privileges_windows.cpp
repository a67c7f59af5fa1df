#include "base/privileges_windows.hpp"

#include <windows.h>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr Privilege kUsed[] = {
    {L"SeAssignPrimaryTokenPrivilege", "containers cannot run as another user"},
    {L"SeIncreaseQuotaPrivilege", "containers cannot run as another user"},
    {L"SeDebugPrivilege", "processes of other users cannot be told to stop"},
    {L"SeBackupPrivilege", "users' profiles cannot be loaded, and files that a container keeps to itself not be read"},
    {L"SeRestorePrivilege", "users' profiles cannot be loaded, and files that a container keeps to itself not be removed"},
    {L"SeCreateSymbolicLinkPrivilege", "images with symbolic links cannot be unpacked, and files not be mounted"},
    {L"SeCreateGlobalPrivilege", "pods cannot be found again after a restart from another session"},
};

}  // namespace

std::span<const Privilege> UsedPrivileges() { return kUsed; }

StatusOr<std::vector<Privilege>> EnablePrivileges() {
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &opened))
    return LastErrorStatus("look at the privileges of this process");
  const Handle token(opened);
  std::vector<Privilege> missing;
  for (const Privilege& privilege : kUsed) {
    TOKEN_PRIVILEGES wanted{};
    wanted.PrivilegeCount = 1;
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    // One that is not held is no error of the call.
    const bool enabled = LookupPrivilegeValueW(nullptr, privilege.name, &wanted.Privileges[0].Luid) &&
                         AdjustTokenPrivileges(token.get(), FALSE, &wanted, 0, nullptr, nullptr) &&
                         GetLastError() == ERROR_SUCCESS;
    if (!enabled) missing.push_back(privilege);
  }
  return missing;
}

}  // namespace jobpod
