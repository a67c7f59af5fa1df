#include <grp.h>
#include <pwd.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <vector>

#include "runtime/user.hpp"

namespace jobpod {
namespace {

struct Account {
  std::string name, home;
  uint32_t uid = 0, gid = 0;
};

std::optional<uint32_t> ParseId(const std::string& text) {
  uint32_t id = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  bool whole = error == std::errc() && end == text.data() + text.size() && id != UINT32_MAX;
  return whole ? std::optional(id) : std::nullopt;
}

// Runs a reentrant NSS call, growing its buffer as it asks.
template <typename Entry, typename Call>
StatusOr<bool> Lookup(Entry& entry, std::vector<char>& buffer, const Call& call) {
  buffer.resize(1024);
  for (;;) {
    Entry* found = nullptr;
    int error = call(&entry, buffer.data(), buffer.size(), &found);
    if (error == ERANGE && buffer.size() < (1u << 20)) {
      buffer.resize(buffer.size() * 2);
      continue;
    }
    if (found != nullptr) return true;
    // ENOENT, ESRCH, EBADF, EPERM: different ways of the same "no such entry" (getpwnam(3)).
    if (error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM) return false;
    return ErrnoStatus(error, "look up an account on the host");
  }
}

StatusOr<std::optional<Account>> AccountBy(const std::string* name, uint32_t uid) {
  passwd entry{};
  std::vector<char> buffer;
  ASSIGN_OR_RETURN(bool found, Lookup(entry, buffer, [&](passwd* e, char* b, size_t n, passwd** out) {
                     return name != nullptr ? getpwnam_r(name->c_str(), e, b, n, out)
                                            : getpwuid_r(uid, e, b, n, out);
                   }));
  if (!found) return std::optional<Account>();
  return std::optional(Account{entry.pw_name, entry.pw_dir, entry.pw_uid, entry.pw_gid});
}

StatusOr<uint32_t> GroupId(const std::string& name) {
  if (auto id = ParseId(name)) return *id;
  group entry{};
  std::vector<char> buffer;
  ASSIGN_OR_RETURN(bool found, Lookup(entry, buffer, [&](group* e, char* b, size_t n, group** out) {
                     return getgrnam_r(name.c_str(), e, b, n, out);
                   }));
  if (found) return static_cast<uint32_t>(entry.gr_gid);
  return absl::NotFoundError(Concat("group \"", name, "\" does not exist on this host"));
}

// Manifests written for Windows nodes name its system account; on Linux that is root.
bool IsWindowsSystem(const std::string& name) {
  return strcasecmp(name.c_str(), "NT AUTHORITY\\SYSTEM") == 0 || strcasecmp(name.c_str(), "SYSTEM") == 0;
}

StatusOr<Account> ResolveAccount(const std::string& name) {
  if (IsWindowsSystem(name)) return ResolveAccount("root");
  if (auto id = ParseId(name)) {
    ASSIGN_OR_RETURN(auto account, AccountBy(nullptr, *id));
    return account.value_or(Account{"", "/", *id, 0});
  }
  ASSIGN_OR_RETURN(auto account, AccountBy(&name, 0));
  if (account) return *account;
  return absl::NotFoundError(
      Concat("user \"", name,
             "\" does not exist on this host; HostProcess containers run as accounts of "
             "the host, create it or choose another"));
}

std::vector<uint32_t> GroupsOf(const Account& account) {
  if (account.name.empty()) return {};
  int count = 64;
  std::vector<gid_t> groups(static_cast<size_t>(count));
  while (getgrouplist(account.name.c_str(), account.gid, groups.data(), &count) < 0) {
    groups.resize(static_cast<size_t>(count) * 2);
    count = static_cast<int>(groups.size());
  }
  return {groups.begin(), groups.begin() + count};
}

Status CheckId(int64_t id, const char* what) {
  if (id >= 0 && id < UINT32_MAX) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat(what, " ", id, " is out of range 0…4294967294"));
}

StatusOr<Account> BaseAccount(const UserSpec& spec, const std::string& image_user, std::string& image_group) {
  if (spec.has_uid()) {
    RETURN_IF_ERROR(CheckId(spec.uid(), "run_as_user"));
    return ResolveAccount(std::to_string(spec.uid()));
  }
  if (!spec.name().empty()) return ResolveAccount(spec.name());
  size_t colon = image_user.find(':');
  if (colon != std::string::npos) image_group = image_user.substr(colon + 1);
  std::string name = image_user.substr(0, colon);
  return ResolveAccount(name.empty() ? "0" : name);
}

}  // namespace

StatusOr<User> Accounts::Resolve(const std::string&, const UserSpec& spec, const std::string& image_user) {
  std::string image_group;
  ASSIGN_OR_RETURN(Account account, BaseAccount(spec, image_user, image_group));
  if (spec.has_gid()) {
    RETURN_IF_ERROR(CheckId(spec.gid(), "run_as_group"));
    account.gid = static_cast<uint32_t>(spec.gid());
  } else if (!image_group.empty()) {
    ASSIGN_OR_RETURN(account.gid, GroupId(image_group));
  }
  std::vector<uint32_t> groups;
  if (!spec.strict_groups()) groups = GroupsOf(account);
  for (int64_t id : spec.groups()) {
    RETURN_IF_ERROR(CheckId(id, "supplemental group"));
    groups.push_back(static_cast<uint32_t>(id));
  }
  groups.push_back(account.gid);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  User user;
  user.set_uid(account.uid);
  user.set_gid(account.gid);
  user.set_name(account.name);
  user.set_home(account.home);
  user.mutable_groups()->Assign(groups.begin(), groups.end());
  return user;
}

// No accounts are made here.
Status Accounts::Release(const std::string&) {
  return absl::OkStatus();
}

Status Accounts::Recover(const std::set<std::string>&) {
  return absl::OkStatus();
}

}  // namespace jobpod
