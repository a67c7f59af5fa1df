#include "runtime/user_windows.hpp"

#include <algorithm>

#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

constexpr char kJournalKind[] = "user";
constexpr size_t kMaxUserName = 20;  // of a local account
constexpr char kSystem[] = "S-1-5-18", kLocalService[] = "S-1-5-19", kNetworkService[] = "S-1-5-20";
constexpr std::string_view kVirtualAccounts = "S-1-5-80-";
constexpr std::string_view kNoToken = "failed to create user process token: failed to logon user: ";

struct Parts {
  std::string domain, name;
};

const std::string& AskedName(const UserSpec& spec, const std::string& image_user) {
  return spec.name().empty() ? image_user : spec.name();
}

StatusOr<Parts> Split(const std::string& text) {
  if (text.empty()) {
    return absl::InvalidArgumentError(
        "empty username or group name passed: a HostProcess container runs as an account of the host; set "
        "run_as_username, for instance to \"NT AUTHORITY\\SYSTEM\"");
  }
  const size_t slash = text.find('\\');
  Parts parts{slash == std::string::npos ? "" : text.substr(0, slash), text.substr(slash + 1)};
  if (slash == 0 || parts.name.empty() || parts.name.find_first_of(std::string_view("\\/\0", 3)) != std::string::npos) {
    return absl::InvalidArgumentError(Concat("invalid user string `", text, "`: give NAME or DOMAIN\\NAME"));
  }
  return parts;
}

// By the English names, which manifests have whatever the node's language. Blanks do not count: "Local Service".
std::string ServiceSid(const Parts& parts) {
  if (!parts.domain.empty() && !EqualNoCase(parts.domain, "NT AUTHORITY")) return "";
  std::string name = parts.name;
  std::erase(name, ' ');
  if (EqualNoCase(name, "SYSTEM") || EqualNoCase(name, "LocalSystem")) return kSystem;
  if (EqualNoCase(name, "LocalService")) return kLocalService;
  return EqualNoCase(name, "NetworkService") ? kNetworkService : "";
}

bool IsService(const std::string& sid) {
  return sid == kSystem || sid == kLocalService || sid == kNetworkService || sid.starts_with(kVirtualAccounts);
}

// Long, from 16 symbols that cannot be guessed, and with something of every class that policies ask for.
std::string NewPassword() {
  return Concat("aA1!", NewId().substr(0, 40));
}

class AccountResolver {
 public:
  AccountResolver(const std::string& container_id, const AccountCalls& calls, Journal& journal)
      : container_id_(container_id), calls_(calls), journal_(journal) {}

  StatusOr<User> Resolve(const std::string& text) {
    ASSIGN_OR_RETURN(const Parts parts, Split(text));
    ASSIGN_OR_RETURN(const WindowsAccount account, Find(text, parts));
    ASSIGN_OR_RETURN(const WindowsAccount own, calls_.own());
    if (account.sid == own.sid) return Describe(account, LOGON_OWN);
    if (account.sid == kSystem && calls_.is_only_account()) {
      log::debug("container {}: {}\\{} is all there is on this system, and so is its SYSTEM", container_id_, own.domain,
                own.name);
      return Describe(account, LOGON_OWN);
    }
    if (IsService(account.sid)) return Describe(account, LOGON_SERVICE);
    if (account.kind == SidTypeAlias) return MakeMember(account);
    if (account.kind == SidTypeUser) {
      return Describe(account, account.name.ends_with('$') ? LOGON_MANAGED : LOGON_INTERACTIVE);
    }
    return absl::InvalidArgumentError(
        Concat(kNoToken, "\"", text, "\" is neither a user nor a local group; choose one of this host"));
  }

 private:
  StatusOr<WindowsAccount> Find(const std::string& text, const Parts& parts) {
    if (const std::string sid = ServiceSid(parts); !sid.empty()) return FindService(sid, parts);
    StatusOr<WindowsAccount> found = calls_.find(text);
    if (!absl::IsNotFound(found.status())) return found;
    return absl::NotFoundError(Concat(kNoToken, "\"", text,
                                      "\" is no user or local group of this host; HostProcess containers run as "
                                      "accounts of the host, create it or choose another"));
  }

  // A system that does not know its own name for it takes the English one.
  StatusOr<WindowsAccount> FindService(const std::string& sid, const Parts& parts) {
    StatusOr<WindowsAccount> found = calls_.find_sid(sid);
    return found.ok() ? *found : WindowsAccount{sid, "NT AUTHORITY", parts.name, SidTypeWellKnownGroup};
  }

  static User Describe(const WindowsAccount& account, Logon logon) {
    User user;
    user.set_name(account.domain.empty() ? account.name : Concat(account.domain, "\\", account.name));
    user.set_sid(account.sid);
    user.set_domain(account.domain);
    user.set_logon(logon);
    return user;
  }

  StatusOr<User> MakeMember(const WindowsAccount& group) {
    const std::string name = container_id_.substr(0, kMaxUserName), password = NewPassword();
    constexpr std::string_view kFailed = "failed to create local account for container";
    RETURN_IF_ERROR(Annotate(journal_.Write({container_id_, kJournalKind, name, 0, 0}), kFailed));
    ScopeExit undo([&] { ReleaseAccounts(container_id_, calls_, journal_).IgnoreError(); });
    RETURN_IF_ERROR(Annotate(calls_.add_user(name, password), kFailed));
    StatusOr<WindowsAccount> member = calls_.find(name);
    if (!member.ok()) {
      return absl::UnimplementedError(
          Concat(kFailed, ": this system only pretends to make accounts; choose a user instead of the group ",
                 group.name));
    }
    RETURN_IF_ERROR(Annotate(calls_.add_member(group.name, member->sid), kFailed));
    undo.Release();
    member->domain = ".";
    User user = Describe(*member, LOGON_INTERACTIVE);
    user.set_password(password);
    return user;
  }

  const std::string& container_id_;
  const AccountCalls& calls_;
  Journal& journal_;
};

}  // namespace

Status CheckUserForm(const UserSpec& spec, const std::string& image_user) {
  if (spec.has_uid() || spec.has_gid()) {
    return absl::InvalidArgumentError(
        "run_as_user and run_as_group are numbers of Linux; Windows has names, set run_as_username");
  }
  return Split(AskedName(spec, image_user)).status();
}

StatusOr<User> ResolveAccount(const std::string& container_id, const UserSpec& spec, const std::string& image_user,
                              const AccountCalls& calls, Journal& journal) {
  RETURN_IF_ERROR(CheckUserForm(spec, image_user));
  return AccountResolver(container_id, calls, journal).Resolve(AskedName(spec, image_user));
}

Status ReleaseAccounts(const std::string& container_id, const AccountCalls& calls, Journal& journal) {
  Status first;
  for (const JournalEntry& entry : journal.OwnedBy(container_id)) {
    if (entry.kind != kJournalKind) continue;
    Status removed = calls.remove_user(entry.path);
    if (removed.ok()) removed = journal.Strike(entry.owner, entry.kind, entry.path);
    first.Update(removed);
  }
  return first;
}

StatusOr<User> Accounts::Resolve(const std::string& container_id, const UserSpec& spec,
                                 const std::string& image_user) {
  return ResolveAccount(container_id, spec, image_user, SystemAccountCalls(), journal_);
}

Status Accounts::Release(const std::string& container_id) {
  return ReleaseAccounts(container_id, SystemAccountCalls(), journal_);
}

Status Accounts::Recover(const std::set<std::string>& known) {
  std::set<std::string> strangers;
  for (const JournalEntry& entry : journal_.All()) {
    if (entry.kind == kJournalKind && !known.contains(entry.owner)) strangers.insert(entry.owner);
  }
  Status first;
  for (const std::string& owner : strangers) first.Update(Release(owner));
  return first;
}

}  // namespace jobpod
