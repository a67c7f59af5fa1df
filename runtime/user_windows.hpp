// Windows accounts by name, over AccountCalls (user.hpp says what for).
#pragma once

#include <string>

#include "runtime/account_calls_windows.hpp"
#include "runtime/user.hpp"

namespace jobpod {

// What can be said before the account is looked up, which is at start: an init container may make it. The texts are the
// reference's: "empty username or group name passed", "invalid user string `…`".
Status CheckUserForm(const UserSpec& spec, const std::string& image_user);

// Accounts::Resolve. By SID: the service accounts in any case, with or without "NT AUTHORITY\", in this system's
// language or English; virtual accounts (NT SERVICE\…); managed ones (…$); users. A local group (also as BUILTIN\…)
// gets a member, journaled before it is made, that is called after the container. No logon where this process runs as
// the account already.
StatusOr<User> ResolveAccount(const std::string& container_id, const UserSpec& spec, const std::string& image_user,
                              const AccountCalls& calls, Journal& journal);

Status ReleaseAccounts(const std::string& container_id, const AccountCalls& calls, Journal& journal);

}  // namespace jobpod
