// Logons by the documented contract of LogonUser and LoadUserProfile: Wine's gives no token.
#include "runtime/logon_windows.hpp"

#include <catch2/catch.hpp>
#include <optional>

namespace jobpod {
namespace {

struct Logons {
  std::wstring name, domain;
  std::optional<std::wstring> password;
  DWORD type = 0;
  Status refuses, refuses_profiles;
  std::string token_of = "S-1-5-18";
  bool limited = false;
  HANDLE whole = nullptr;
  int loaded = 0, unloaded = 0;

  LogonCalls Calls() {
    LogonCalls calls;
    calls.logon = [this](const std::wstring& asked, const std::wstring& where, const wchar_t* with,
                         DWORD how) -> StatusOr<Handle> {
      name = asked;
      domain = where;
      password = with == nullptr ? std::nullopt : std::optional<std::wstring>(with);
      type = how;
      if (!refuses.ok()) return refuses;
      return Handle(CreateEventW(nullptr, TRUE, FALSE, nullptr));
    };
    calls.whole = [this](HANDLE) -> StatusOr<Handle> {
      if (!limited) return Handle();
      whole = CreateEventW(nullptr, TRUE, FALSE, nullptr);
      return Handle(whole);
    };
    calls.sid_of = [this](HANDLE) -> StatusOr<std::string> { return token_of; };
    calls.load_profile = [this](HANDLE, const std::wstring&) -> StatusOr<HANDLE> {
      if (!refuses_profiles.ok()) return refuses_profiles;
      ++loaded;
      return reinterpret_cast<HANDLE>(intptr_t{4});
    };
    calls.unload_profile = [this](HANDLE, HANDLE) { ++unloaded; };
    return calls;
  }
};

User Account(const char* domain, const char* name, const char* sid, Logon logon) {
  User user;
  user.set_domain(domain);
  user.set_name(std::string(domain) + "\\" + name);
  user.set_sid(sid);
  user.set_logon(logon);
  return user;
}

const User kSystem = Account("NT AUTHORITY", "SYSTEM", "S-1-5-18", LOGON_SERVICE);
const User kJoe = Account("CORP", "joe", "S-1-5-21-2-1000", LOGON_INTERACTIVE);

TEST_CASE("SYSTEM is logged on as a service, without password and profile") {
  Logons logons;
  auto account = LogOn(kSystem, logons.Calls());
  REQUIRE(account.ok());
  CHECK((*account)->token() != nullptr);
  CHECK((*account)->sid() == "S-1-5-18");
  CHECK((logons.name == L"SYSTEM" && logons.domain == L"NT AUTHORITY"));
  CHECK(logons.type == LOGON32_LOGON_SERVICE);
  CHECK_FALSE(logons.password);
  CHECK(logons.loaded == 0);
}

TEST_CASE("a user has a profile for as long as the token is kept") {
  Logons logons;
  logons.token_of = kJoe.sid();
  auto account = LogOn(kJoe, logons.Calls());
  REQUIRE(account.ok());
  CHECK(logons.type == LOGON32_LOGON_INTERACTIVE);
  CHECK((logons.loaded == 1 && logons.unloaded == 0));
  account = absl::UnknownError("");
  CHECK(logons.unloaded == 1);
  logons.refuses_profiles = absl::InternalError("no profile");
  CHECK(LogOn(kJoe, logons.Calls()).status() == logons.refuses_profiles);
}

TEST_CASE("an administrator whose token was cut down is given the whole one") {
  Logons logons;
  logons.token_of = kJoe.sid();
  logons.limited = true;
  auto account = LogOn(kJoe, logons.Calls());
  REQUIRE(account.ok());
  CHECK((*account)->token() == logons.whole);
}

TEST_CASE("the accounts of services are logged on by their names of all languages") {
  Logons logons;
  logons.token_of = "S-1-5-19";
  REQUIRE(LogOn(Account("NT-AUTORIT\xc3\x84T", "Lokaler Dienst", "S-1-5-19", LOGON_SERVICE), logons.Calls()).ok());
  CHECK((logons.name == L"LocalService" && logons.domain == L"NT AUTHORITY"));
  logons.token_of = "S-1-5-20";
  REQUIRE(LogOn(Account("NT AUTHORITY", "NETWORK SERVICE", "S-1-5-20", LOGON_SERVICE), logons.Calls()).ok());
  CHECK((logons.name == L"NetworkService" && logons.domain == L"NT AUTHORITY"));
}

TEST_CASE("a managed account is logged on with the password that stands for Windows' own") {
  Logons logons;
  const User web = Account("CORP", "web$", "S-1-5-21-2-1001", LOGON_MANAGED);
  logons.token_of = web.sid();
  REQUIRE(LogOn(web, logons.Calls()).ok());
  CHECK(logons.type == LOGON32_LOGON_SERVICE);
  CHECK(logons.password->starts_with(L"_SA_{262E99C9"));
}

TEST_CASE("an account made for a container has a password and no profile") {
  Logons logons;
  User made = Account(".", "0123456789abcdef0123", "S-1-5-21-1-1002", LOGON_INTERACTIVE);
  made.set_password("secret");
  logons.token_of = made.sid();
  REQUIRE(LogOn(made, logons.Calls()).ok());
  CHECK(*logons.password == L"secret");
  CHECK(logons.loaded == 0);
}

TEST_CASE("a logon that fails, or only seems to work, is told in the reference's words") {
  Logons logons;
  logons.refuses = absl::PermissionDeniedError("joe: Access denied");
  CHECK(LogOn(kJoe, logons.Calls()).status().ToString().find(
            "failed to create user process token: failed to logon user: joe: Access denied") != std::string::npos);
  logons.refuses = absl::OkStatus();
  logons.token_of = "S-1-5-21-0-0-0-1000";
  CHECK(absl::IsUnimplemented(LogOn(kJoe, logons.Calls()).status()));
}

}  // namespace
}  // namespace jobpod
