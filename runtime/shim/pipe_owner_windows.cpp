#include "runtime/shim/pipe_owner_windows.hpp"

#include <aclapi.h>

#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

// Whether what this process makes gets that owner.
bool IsOwnOwner(PSID account) {
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened)) return false;
  const Handle token(opened);
  alignas(TOKEN_OWNER) char owner[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  return GetTokenInformation(token.get(), TokenOwner, owner, sizeof owner, &size) &&
         EqualSid(reinterpret_cast<TOKEN_OWNER*>(owner)->Owner, account);
}

}  // namespace

Status CheckPipeOwner(HANDLE pipe, const std::string& name) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                      nullptr, &descriptor);
  ScopeExit free([&] { LocalFree(descriptor); });
  if (error != ERROR_SUCCESS) return Win32Status(error, Concat("find the owner of ", name));
  if (owner != nullptr && (IsWellKnownSid(owner, WinLocalSystemSid) ||
                           IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || IsOwnOwner(owner))) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(Concat("the pipe ", name, " is of another account: it is not the shim's"));
}

}  // namespace jobpod
