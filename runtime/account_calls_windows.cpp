#include "runtime/account_calls_windows.hpp"

#include <lm.h>
#include <sddl.h>

#include <vector>

#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/token_windows.hpp"

namespace jobpod {
namespace {

constexpr wchar_t kComment[] = L"Made by Jobpod for one container; removed with it.";

Status NetStatus(NET_API_STATUS error, std::string_view what) {
  if (error == NERR_Success) return absl::OkStatus();
  if (error == NERR_UserExists) return absl::AlreadyExistsError(Concat(what, ": there is one of that name"));
  if (error == NERR_PasswordTooShort) {
    return absl::FailedPreconditionError(Concat(what, ": this system's password policy refuses any we can make"));
  }
  return Win32Status(error, what);
}

StatusOr<WindowsAccount> AccountOf(PSID sid, const std::string& what) {
  WindowsAccount account;
  ASSIGN_OR_RETURN(account.sid, SidText(sid));
  wchar_t name[512], domain[512];
  DWORD name_size = std::size(name), domain_size = std::size(domain);
  if (!LookupAccountSidW(nullptr, sid, name, &name_size, domain, &domain_size, &account.kind)) {
    return LastErrorStatus(Concat("look up the account ", what));
  }
  account.name = Utf8(name);
  account.domain = Utf8(domain);
  return account;
}

StatusOr<WindowsAccount> Find(const std::string& name) {
  const std::wstring wide = Wide(name);
  std::vector<char> sid(SECURITY_MAX_SID_SIZE);
  wchar_t domain[512];
  DWORD sid_size = SECURITY_MAX_SID_SIZE, domain_size = std::size(domain);
  WindowsAccount account;
  if (!LookupAccountNameW(nullptr, wide.c_str(), sid.data(), &sid_size, domain, &domain_size, &account.kind)) {
    return LastErrorStatus(Concat("look up the account ", name));
  }
  ASSIGN_OR_RETURN(account.sid, SidText(sid.data()));
  account.domain = Utf8(domain);
  account.name = name.substr(name.find('\\') + 1);
  return account;
}

StatusOr<WindowsAccount> FindSid(const std::string& text) {
  PSID sid = nullptr;
  if (!ConvertStringSidToSidW(Wide(text).c_str(), &sid)) return LastErrorStatus(Concat("read the SID ", text));
  ScopeExit free([&] { LocalFree(sid); });
  return AccountOf(sid, text);
}

StatusOr<WindowsAccount> Own() {
  ASSIGN_OR_RETURN(const std::string sid, OwnSid());
  return FindSid(sid);
}

Status AddUser(const std::string& name, const std::string& password) {
  std::wstring wide_name = Wide(name), wide_password = Wide(password), comment = kComment;
  USER_INFO_1 user{};
  user.usri1_name = wide_name.data();
  user.usri1_password = wide_password.data();
  user.usri1_priv = USER_PRIV_USER;
  user.usri1_comment = comment.data();
  user.usri1_flags = UF_SCRIPT | UF_NORMAL_ACCOUNT | UF_DONT_EXPIRE_PASSWD;
  const NET_API_STATUS error = NetUserAdd(nullptr, 1, reinterpret_cast<BYTE*>(&user), nullptr);
  SecureZeroMemory(wide_password.data(), wide_password.size() * sizeof(wchar_t));
  return NetStatus(error, Concat("make the account ", name));
}

Status AddMember(const std::string& group, const std::string& text) {
  PSID sid = nullptr;
  if (!ConvertStringSidToSidW(Wide(text).c_str(), &sid)) return LastErrorStatus(Concat("read the SID ", text));
  ScopeExit free([&] { LocalFree(sid); });
  LOCALGROUP_MEMBERS_INFO_0 member{sid};
  return NetStatus(NetLocalGroupAddMembers(nullptr, Wide(group).c_str(), 0, reinterpret_cast<BYTE*>(&member), 1),
                   Concat("put the account into the local group ", group));
}

// An account of that name that somebody else has made stays.
bool IsOurs(const std::wstring& name) {
  BYTE* buffer = nullptr;
  if (NetUserGetInfo(nullptr, name.c_str(), 1, &buffer) != NERR_Success) return false;
  ScopeExit free([&] { NetApiBufferFree(buffer); });
  const auto* user = reinterpret_cast<const USER_INFO_1*>(buffer);
  return user->usri1_comment != nullptr && std::wstring_view(user->usri1_comment) == kComment;
}

Status RemoveUser(const std::string& name) {
  const std::wstring wide = Wide(name);
  if (!IsOurs(wide)) return absl::OkStatus();
  const NET_API_STATUS error = NetUserDel(nullptr, wide.c_str());
  return error == NERR_UserNotFound ? absl::OkStatus() : NetStatus(error, Concat("remove the account ", name));
}

}  // namespace

AccountCalls SystemAccountCalls() {
  return {Find, FindSid, Own, RunsUnderWine, AddUser, AddMember, RemoveUser};
}

}  // namespace jobpod
