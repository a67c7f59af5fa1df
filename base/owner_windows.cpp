#include "base/owner_windows.hpp"

#include <aclapi.h>
#include <sddl.h>

#include <filesystem>

#include "base/file_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr wchar_t kInstaller[] = L"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";  // TrustedInstaller

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

std::wstring TextOf(PSID account) {
  wchar_t* text = nullptr;
  if (!ConvertSidToStringSidW(account, &text)) return L"an unknown account";
  ScopeExit free([&] { LocalFree(text); });
  return text;
}

Status CheckOwnerOf(const std::string& path, DWORD flags, bool& is_link) {
  ASSIGN_OR_RETURN(const Handle thing,
                   OpenPath(path, READ_CONTROL | FILE_READ_ATTRIBUTES, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | flags));
  BY_HANDLE_FILE_INFORMATION info{};
  is_link = GetFileInformationByHandle(thing.get(), &info) &&
            (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0;
  return CheckOwner(thing.get(), SE_FILE_OBJECT, path);
}

}  // namespace

bool IsTrusted(PSID account) {
  return IsWellKnownSid(account, WinLocalSystemSid) || IsWellKnownSid(account, WinBuiltinAdministratorsSid) ||
         IsWellKnownSid(account, WinCreatorOwnerRightsSid) || TextOf(account) == kInstaller || IsOwn(account);
}

std::string NameOfAccount(PSID account) {
  wchar_t name[256], domain[256];
  DWORD name_size = std::size(name), domain_size = std::size(domain);
  SID_NAME_USE use{};
  if (!LookupAccountSidW(nullptr, account, name, &name_size, domain, &domain_size, &use)) return Utf8(TextOf(account));
  return domain[0] == 0 ? Utf8(name) : Concat(Utf8(domain), "\\", Utf8(name));
}

Status CheckOwner(HANDLE object, SE_OBJECT_TYPE type, const std::string& name) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD error =
      GetSecurityInfo(object, type, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &descriptor);
  ScopeExit free([&] { LocalFree(descriptor); });
  if (error != ERROR_SUCCESS) return Win32Status(error, Concat("find the owner of ", name));
  if (owner != nullptr && IsTrusted(owner)) return absl::OkStatus();
  return absl::PermissionDeniedError(
      Concat(name, " belongs to ", owner == nullptr ? "nobody" : NameOfAccount(owner),
             ", which is no administrator: find out why it is there; what is to stay must belong to Administrators"));
}

Status CheckPathOwners(const std::string& path) {
  for (std::filesystem::path at(Wide(path)); at.has_relative_path(); at = at.parent_path()) {
    if (!at.has_filename()) continue;  // ends in a separator
    const std::string name = Utf8(at.wstring());
    bool is_link = false;
    RETURN_IF_ERROR(CheckOwnerOf(name, FILE_FLAG_OPEN_REPARSE_POINT, is_link));
    if (is_link) RETURN_IF_ERROR(CheckOwnerOf(name, 0, is_link));
  }
  return absl::OkStatus();
}

}  // namespace jobpod
