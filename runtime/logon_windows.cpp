#include "runtime/logon_windows.hpp"

#include <userenv.h>

#include <algorithm>

#include "base/win32_windows.hpp"
#include "runtime/token_windows.hpp"

namespace jobpod {
namespace {

// Stands for the password that Windows keeps for a managed account.
constexpr wchar_t kManagedPassword[] = L"_SA_{262E99C9-6160-4871-ACEC-4E61736B6F21}";
constexpr std::string_view kFailed = "failed to create user process token: failed to logon user";
constexpr char kSystem[] = "S-1-5-18";

StatusOr<Handle> LogonByWindows(const std::wstring& name, const std::wstring& domain, const wchar_t* password,
                                DWORD type) {
  HANDLE token = nullptr;
  if (LogonUserW(name.c_str(), domain.empty() ? nullptr : domain.c_str(), password, type, LOGON32_PROVIDER_DEFAULT,
                 &token)) {
    return Handle(token);
  }
  return LastErrorStatus(Utf8(name));
}

// What an interactive logon of a member of Administrators gives is a token without that membership, where the system
// asks people to confirm what needs it.
StatusOr<Handle> WholeByWindows(HANDLE token) {
  TOKEN_ELEVATION_TYPE type{};
  DWORD size = 0;
  if (!GetTokenInformation(token, TokenElevationType, &type, sizeof type, &size) || type != TokenElevationTypeLimited)
    return Handle();
  TOKEN_LINKED_TOKEN linked{};
  if (!GetTokenInformation(token, TokenLinkedToken, &linked, sizeof linked, &size))
    return LastErrorStatus("find the administrator's whole token");
  return Handle(linked.LinkedToken);
}

StatusOr<HANDLE> LoadProfile(HANDLE token, const std::wstring& name) {
  std::wstring writable = name;
  PROFILEINFOW profile{};
  profile.dwSize = sizeof profile;
  profile.dwFlags = PI_NOUI;
  profile.lpUserName = writable.data();
  if (LoadUserProfileW(token, &profile)) return profile.hProfile;
  return LastErrorStatus(Concat("load the profile of ", Utf8(name)));
}

void UnloadProfile(HANDLE token, HANDLE profile) {
  UnloadUserProfile(token, profile);
}

// The services' own accounts by the names that are documented for all languages of Windows, not by those shown.
struct ServiceAccount {
  std::string_view sid;
  const wchar_t* name;
};
constexpr ServiceAccount kServices[] = {{"S-1-5-19", L"LocalService"}, {"S-1-5-20", L"NetworkService"}};
constexpr wchar_t kServiceDomain[] = L"NT AUTHORITY";

const ServiceAccount* ServiceOf(const User& user) {
  const auto* found = std::ranges::find(kServices, user.sid(), &ServiceAccount::sid);
  return found == std::end(kServices) ? nullptr : found;
}

std::wstring DomainOf(const User& user) {
  return ServiceOf(user) != nullptr ? kServiceDomain : Wide(user.domain());
}

std::wstring NameOf(const User& user) {
  if (const ServiceAccount* service = ServiceOf(user)) return service->name;
  return Wide(user.name().substr(user.name().find('\\') + 1));
}

struct Credentials {
  DWORD type;
  std::wstring password;
  bool has_password;
};

Credentials CredentialsOf(const User& user) {
  if (user.logon() == LOGON_MANAGED) return {LOGON32_LOGON_SERVICE, kManagedPassword, true};
  if (user.logon() == LOGON_SERVICE) return {LOGON32_LOGON_SERVICE, {}, false};
  return {LOGON32_LOGON_INTERACTIVE, Wide(user.password()), !user.password().empty()};
}

// A system that only pretends to log on (Wine) gives a token of nobody or of the caller.
Status CheckToken(const User& user, HANDLE token, const LogonCalls& calls) {
  StatusOr<std::string> sid = calls.sid_of(token);
  if (sid.ok() && *sid == user.sid()) return absl::OkStatus();
  return absl::UnimplementedError(Concat(kFailed, ": ", user.name(), ": this system cannot log on as another account; "
                                         "choose the one that jobpodd runs as"));
}

// Accounts made for one container need none, and SYSTEM's is always there. Windows keeps those of services itself.
StatusOr<HANDLE> ProfileFor(const User& user, HANDLE token, const LogonCalls& calls) {
  const HANDLE none = nullptr;
  if (!user.password().empty() || user.sid() == kSystem) return none;
  StatusOr<HANDLE> profile = calls.load_profile(token, NameOf(user));
  if (profile.ok() || user.logon() != LOGON_SERVICE) return profile;
  return none;
}

}  // namespace

LogonCalls SystemLogonCalls() {
  return {LogonByWindows, WholeByWindows, SidOf, LoadProfile, UnloadProfile};
}

LoggedOn::~LoggedOn() {
  if (profile_ != nullptr) calls_.unload_profile(token_.get(), profile_);
}

StatusOr<std::shared_ptr<const LoggedOn>> LogOn(const User& user, const LogonCalls& calls) {
  Credentials credentials = CredentialsOf(user);
  StatusOr<Handle> token = calls.logon(NameOf(user), DomainOf(user),
                                       credentials.has_password ? credentials.password.c_str() : nullptr,
                                       credentials.type);
  SecureZeroMemory(credentials.password.data(), credentials.password.size() * sizeof(wchar_t));
  if (!token.ok()) return Annotate(token.status(), kFailed);
  ASSIGN_OR_RETURN(Handle whole, calls.whole(token->get()));
  if (whole) *token = std::move(whole);
  RETURN_IF_ERROR(CheckToken(user, token->get(), calls));
  ASSIGN_OR_RETURN(const HANDLE profile, ProfileFor(user, token->get(), calls));
  return std::make_shared<const LoggedOn>(user.sid(), *std::move(token), profile, calls);
}

}  // namespace jobpod
