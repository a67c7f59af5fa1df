#include "runtime/image_user.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <sstream>
#include <vector>

namespace jobpod {
namespace {

using Fields = std::vector<std::string>;

std::optional<uint32_t> ParseId(const std::string& text) {
  uint32_t id = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  bool whole = error == std::errc() && end == text.data() + text.size() && id != UINT32_MAX;
  return whole ? std::optional(id) : std::nullopt;
}

Fields Split(const std::string& line, char separator) {
  Fields fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

// The first line of `text` with at least `size` fields that `matches`.
std::optional<Fields> FindLine(const std::string& text, size_t size,
                               const std::function<bool(const Fields&)>& matches) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    Fields fields = Split(line, ':');
    if (fields.size() >= size && matches(fields)) return fields;
  }
  return std::nullopt;
}

// name:password:uid:gid:comment:home:shell
User UserOf(const Fields& entry, uint32_t uid, uint32_t gid) {
  User user;
  user.set_uid(uid);
  user.set_gid(gid);
  user.set_name(entry[0]);
  user.set_home(entry.size() > 5 ? entry[5] : "");
  return user;
}

std::optional<User> FindUser(const std::string& passwd, const std::function<bool(const Fields&)>& matches) {
  auto entry = FindLine(passwd, 4, [&](const Fields& fields) {
    return ParseId(fields[2]) && ParseId(fields[3]) && matches(fields);
  });
  if (!entry) return std::nullopt;
  return UserOf(*entry, *ParseId((*entry)[2]), *ParseId((*entry)[3]));
}

User UserByNumber(uint32_t uid, const std::string& passwd) {
  auto found = FindUser(passwd, [&](const Fields& fields) { return ParseId(fields[2]) == uid; });
  if (found) return *found;
  User user;
  user.set_uid(uid);
  return user;
}

StatusOr<User> UserByName(const std::string& name, const std::string& passwd) {
  auto found = FindUser(passwd, [&](const Fields& fields) { return fields[0] == name; });
  if (found) return *found;
  if (auto uid = ParseId(name)) return UserByNumber(*uid, passwd);
  return absl::NotFoundError(
      Concat("user \"", name, "\" is not in the image's /etc/passwd; add it to the image or give a number"));
}

// name:password:gid:member,member
StatusOr<uint32_t> GroupByName(const std::string& name, const std::string& group) {
  auto found =
      FindLine(group, 3, [&](const Fields& fields) { return fields[0] == name && ParseId(fields[2]); });
  if (found) return *ParseId((*found)[2]);
  if (auto gid = ParseId(name)) return *gid;
  return absl::NotFoundError(
      Concat("group \"", name, "\" is not in the image's /etc/group; add it to the image or give a number"));
}

std::vector<uint32_t> GroupsWith(const std::string& user, const std::string& group) {
  std::vector<uint32_t> groups;
  std::istringstream lines(group);
  for (std::string line; std::getline(lines, line) && !user.empty();) {
    Fields fields = Split(line, ':');
    if (fields.size() < 4) continue;
    Fields members = Split(fields[3], ',');
    auto gid = ParseId(fields[2]);
    if (gid && std::find(members.begin(), members.end(), user) != members.end()) groups.push_back(*gid);
  }
  return groups;
}

StatusOr<User> BaseUser(const UserSpec& spec, const std::string& image_user, const ImageAccounts& accounts) {
  if (spec.has_uid()) return UserByNumber(static_cast<uint32_t>(spec.uid()), accounts.passwd);
  if (!spec.name().empty()) return UserByName(spec.name(), accounts.passwd);
  size_t colon = image_user.find(':');
  std::string name = image_user.substr(0, colon);
  ASSIGN_OR_RETURN(User user, UserByName(name.empty() ? "0" : name, accounts.passwd));
  if (colon == std::string::npos || colon + 1 == image_user.size()) return user;
  ASSIGN_OR_RETURN(uint32_t gid, GroupByName(image_user.substr(colon + 1), accounts.group));
  user.set_gid(gid);
  return user;
}

Status CheckId(int64_t id, const char* what) {
  if (id >= 0 && id < UINT32_MAX) return absl::OkStatus();
  return absl::InvalidArgumentError(Concat(what, " ", id, " is out of range 0…4294967294"));
}

}  // namespace

StatusOr<User> ResolveImageUser(const UserSpec& spec, const std::string& image_user,
                                const ImageAccounts& accounts) {
  RETURN_IF_ERROR(CheckId(spec.uid(), "run_as_user"));
  RETURN_IF_ERROR(CheckId(spec.gid(), "run_as_group"));
  ASSIGN_OR_RETURN(User user, BaseUser(spec, image_user, accounts));
  if (spec.has_gid()) user.set_gid(static_cast<uint32_t>(spec.gid()));
  std::vector<uint32_t> groups{user.gid()};
  if (!spec.strict_groups()) {
    for (uint32_t gid : GroupsWith(user.name(), accounts.group)) groups.push_back(gid);
  }
  for (int64_t id : spec.groups()) {
    RETURN_IF_ERROR(CheckId(id, "supplemental group"));
    groups.push_back(static_cast<uint32_t>(id));
  }
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  user.mutable_groups()->Assign(groups.begin(), groups.end());
  return user;
}

}  // namespace jobpod
