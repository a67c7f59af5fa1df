#include "base/owner_windows.hpp"

#include <aclapi.h>

#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

// Whether `account` is this process's, or the one that owns what it makes.
bool IsOwn(PSID account) {
  HANDLE opened = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &opened)) return false;
  const Handle token(opened);
  alignas(TOKEN_USER) char user[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
  alignas(TOKEN_OWNER) char owner[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  const bool is_user = GetTokenInformation(token.get(), TokenUser, user, sizeof user, &size) &&
                       EqualSid(reinterpret_cast<TOKEN_USER*>(user)->User.Sid, account);
  return is_user || (GetTokenInformation(token.get(), TokenOwner, owner, sizeof owner, &size) &&
                     EqualSid(reinterpret_cast<TOKEN_OWNER*>(owner)->Owner, account));
}

}  // namespace

Status CheckOwner(HANDLE object, SE_OBJECT_TYPE type, const std::string& name) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error =
      GetSecurityInfo(object, type, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &descriptor);
  ScopeExit free([&] { LocalFree(descriptor); });
  if (error != ERROR_SUCCESS) return Win32Status(error, Concat("find the owner of ", name));
  if (owner != nullptr && (IsWellKnownSid(owner, WinLocalSystemSid) ||
                           IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || IsOwn(owner))) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      Concat(name, " belongs to an account that is no administrator: find out who has made it, and remove it"));
}

}  // namespace jobpod
