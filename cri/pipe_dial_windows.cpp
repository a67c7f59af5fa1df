#include "cri/pipe_dial_windows.hpp"

#include <aclapi.h>

#include <memory>

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

struct FreeLocal {
  void operator()(void* memory) const { LocalFree(memory); }
};

// Whether objects that we make are `owner`'s.
bool IsOurselves(PSID owner) {
  HANDLE token = nullptr;
  if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
  const Handle kept(token);
  alignas(TOKEN_OWNER) char buffer[sizeof(TOKEN_OWNER) + SECURITY_MAX_SID_SIZE];
  DWORD size = 0;
  if (!GetTokenInformation(token, TokenOwner, buffer, sizeof buffer, &size)) return false;
  return EqualSid(reinterpret_cast<TOKEN_OWNER*>(buffer)->Owner, owner) != 0;
}

Status CheckOwner(HANDLE pipe, const std::string& path) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error = GetSecurityInfo(pipe, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr,
                                      nullptr, &descriptor);
  const std::unique_ptr<void, FreeLocal> kept(descriptor);
  if (error != ERROR_SUCCESS) return Win32Status(error, Concat("find out whose the pipe ", path, " is"));
  if (IsWellKnownSid(owner, WinLocalSystemSid) || IsWellKnownSid(owner, WinBuiltinAdministratorsSid) ||
      IsOurselves(owner)) {
    return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      Concat("the pipe ", path, " is not jobpodd's: its owner is no administrator; find out who has made it"));
}

}  // namespace

StatusOr<Handle> DialPipe(const std::string& path) {
  constexpr DWORD kFlags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION;
  Handle pipe(CreateFileW(Wide(path).c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING, kFlags, nullptr));
  if (!pipe) return LastErrorStatus(Concat("open the pipe ", path));
  RETURN_IF_ERROR(CheckOwner(pipe.get(), path));
  return pipe;
}

}  // namespace jobpod
