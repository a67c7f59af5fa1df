// Becoming an account: its token, and its profile for as long as the token is kept.
#pragma once

#include <windows.h>

#include <functional>
#include <memory>
#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// What a logon asks of Windows: one place, so that tests can put another in for it (Wine's LogonUser gives no token).
struct LogonCalls {
  // LogonUser; `type` is LOGON32_LOGON_…, `password` null for accounts that have none.
  std::function<StatusOr<Handle>(const std::wstring& name, const std::wstring& domain, const wchar_t* password,
                                 DWORD type)>
      logon;
  // Of an administrator's token that Windows has cut down (UAC) the whole one; empty of any other.
  std::function<StatusOr<Handle>(HANDLE token)> whole;
  // The SID of a token's account.
  std::function<StatusOr<std::string>(HANDLE token)> sid_of;
  // LoadUserProfile and UnloadUserProfile.
  std::function<StatusOr<HANDLE>(HANDLE token, const std::wstring& name)> load_profile;
  std::function<void(HANDLE token, HANDLE profile)> unload_profile;
};

LogonCalls SystemLogonCalls();

class LoggedOn {
 public:
  LoggedOn(std::string sid, Handle token, HANDLE profile, LogonCalls calls)
      : sid_(std::move(sid)), token_(std::move(token)), profile_(profile), calls_(std::move(calls)) {}
  ~LoggedOn();
  LoggedOn(const LoggedOn&) = delete;
  LoggedOn& operator=(const LoggedOn&) = delete;

  const std::string& sid() const { return sid_; }
  HANDLE token() const { return token_.get(); }

 private:
  const std::string sid_;
  const Handle token_;
  const HANDLE profile_;  // null where there is none
  const LogonCalls calls_;
};

// `user` as runtime/user.hpp found it; not for LOGON_OWN. Errors are the reference's: "failed to create user process
// token: failed to logon user: …".
StatusOr<std::shared_ptr<const LoggedOn>> LogOn(const User& user, const LogonCalls& calls);

}  // namespace jobpod
