// What accounts ask of Windows: one place, so that tests can put another in for it (Wine has one account and only
// pretends to make others).
#pragma once

#include <windows.h>

#include <functional>
#include <string>

#include "base/status.hpp"

namespace jobpod {

struct WindowsAccount {
  std::string sid;           // "S-1-5-18"
  std::string domain, name;  // as this system calls them, in its language
  SID_NAME_USE kind = SidTypeUnknown;
};

struct AccountCalls {
  // LookupAccountName and LookupAccountSid. NotFound when there is none.
  std::function<StatusOr<WindowsAccount>(const std::string& name)> find;
  std::function<StatusOr<WindowsAccount>(const std::string& sid)> find_sid;
  // This process's account.
  std::function<StatusOr<WindowsAccount>()> own;
  // Whether there is no other (Wine).
  std::function<bool()> is_only_account;

  // NetUserAdd with a comment that says whose it is; AlreadyExists.
  std::function<Status(const std::string& name, const std::string& password)> add_user;
  // NetLocalGroupAddMembers.
  std::function<Status(const std::string& group, const std::string& sid)> add_member;
  // NetUserDel, if it was made by add_user. Missing is OK.
  std::function<Status(const std::string& name)> remove_user;
};

AccountCalls SystemAccountCalls();

}  // namespace jobpod
