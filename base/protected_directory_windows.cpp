#include "base/protected_directory_windows.hpp"

#include <aclapi.h>

#include "base/file_windows.hpp"
#include "base/owner_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/security_windows.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

// Readers are whoever has logged on: containers' accounts, services', the host's.
constexpr wchar_t kPrivate[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr wchar_t kReadable[] = L"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)";

// Attributes, too: whoever may set them may make a directory a link.
constexpr ACCESS_MASK kChange = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES |
                                FILE_DELETE_CHILD | DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

// Of a link the link itself.
StatusOr<Handle> OpenItself(const std::string& path, DWORD access) {
  ASSIGN_OR_RETURN(Handle directory, OpenPath(path, access | FILE_READ_ATTRIBUTES, OPEN_EXISTING,
                                              FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT));
  BY_HANDLE_FILE_INFORMATION info{};
  if (!GetFileInformationByHandle(directory.get(), &info)) return LastErrorStatus(Concat("look at ", path));
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0)
    return absl::FailedPreconditionError(Concat(path, " is a link: remove it, or name the directory it leads to"));
  if ((info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0)
    return absl::FailedPreconditionError(Concat(path, " is not a directory: move it away"));
  return directory;
}

Status MakeMissing(const std::string& path, const Security& security) {
  ASSIGN_OR_RETURN(std::wstring wide, LongPath(path));
  while (wide.ends_with(L'\\')) wide.pop_back();
  SECURITY_ATTRIBUTES attributes = security.attributes();
  // After the prefix "\\?\" and the drive or server, which cannot be made.
  for (size_t at = wide.find(L'\\', 4); at != std::wstring::npos; at = wide.find(L'\\', at + 1))
    CreateDirectoryW(wide.substr(0, at).c_str(), &attributes);
  if (CreateDirectoryW(wide.c_str(), &attributes) || GetLastError() == ERROR_ALREADY_EXISTS) return absl::OkStatus();
  return LastErrorStatus(Concat("make directory ", path));
}

// Entries that say nothing of the object itself, or that take rights away, let nobody in.
bool LetsIn(const ACE_HEADER& entry) {
  return entry.AceType == ACCESS_ALLOWED_ACE_TYPE && (entry.AceFlags & INHERIT_ONLY_ACE) == 0;
}

}  // namespace

Status ProtectDirectory(const std::string& path, OthersMay others) {
  ASSIGN_OR_RETURN(const Security security, Security::Parse(others == OthersMay::kRead ? kReadable : kPrivate));
  RETURN_IF_ERROR(MakeMissing(path, security));
  RETURN_IF_ERROR(CheckPathOwners(path));
  ASSIGN_OR_RETURN(const Handle directory, OpenItself(path, READ_CONTROL | WRITE_DAC));
  RETURN_IF_ERROR(CheckOwner(directory.get(), SE_FILE_OBJECT, path));
  // Not SetSecurityInfo, which would walk through all that is inside.
  if (SetKernelObjectSecurity(directory.get(), DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
                              security.descriptor()))
    return absl::OkStatus();
  return LastErrorStatus(Concat("set the rights of ", path));
}

Status CheckProtected(const std::string& path) {
  RETURN_IF_ERROR(CheckPathOwners(path));
  ASSIGN_OR_RETURN(const Handle directory, OpenItself(path, READ_CONTROL));
  return CheckWriters(directory.get(), path);
}

Status CheckWriters(HANDLE object, const std::string& name) {
  PACL list = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error = GetSecurityInfo(object, SE_FILE_OBJECT, DACL_SECURITY_INFORMATION, nullptr, nullptr, &list,
                                      nullptr, &descriptor);
  ScopeExit free([&] { LocalFree(descriptor); });
  if (error != ERROR_SUCCESS) return Win32Status(error, Concat("look at the rights of ", name));
  const auto refuse = [&](const std::string& who) {
    return absl::PermissionDeniedError(Concat(name, " can be changed by ", who, ": take that right away (icacls \"", name,
                                              "\" shows it), and look at what is inside"));
  };
  if (list == nullptr) return refuse("everybody");
  for (DWORD at = 0; at < list->AceCount; ++at) {
    void* entry = nullptr;
    if (!GetAce(list, at, &entry) || !LetsIn(*static_cast<ACE_HEADER*>(entry))) continue;
    auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
    PSID account = &allowed->SidStart;
    if ((allowed->Mask & kChange) != 0 && !IsTrusted(account)) return refuse(NameOfAccount(account));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
