#include "runtime/environment.hpp"

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "runtime/mount_point.hpp"

namespace jobpod {
namespace {

constexpr std::string_view kHostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view NameOf(std::string_view entry) {
  return entry.substr(0, entry.find('='));
}

std::vector<std::string>::iterator Find(std::vector<std::string>& environment, std::string_view name) {
  return std::find_if(environment.begin(), environment.end(),
                      [&](const std::string& entry) { return NameOf(entry) == name; });
}

void Set(std::vector<std::string>& environment, std::string_view name, std::string_view value) {
  std::string entry = Concat(name, "=", value);
  auto at = Find(environment, name);
  if (at != environment.end()) {
    *at = std::move(entry);
  } else {
    environment.push_back(std::move(entry));
  }
}

void SetAll(std::vector<std::string>& environment, const std::vector<std::string>& entries,
            std::string_view mount_point) {
  for (const std::string& entry : entries) {
    size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos) continue;
    Set(environment, entry.substr(0, equals), SubstituteMountPoint(entry.substr(equals + 1), mount_point));
  }
}

bool HasDirectory(std::string_view path, std::string_view directory) {
  return Concat(":", path, ":").find(Concat(":", directory, ":")) != std::string::npos;
}

std::string WithHostDirectories(std::string path) {
  std::string_view rest = kHostPath;
  while (!rest.empty()) {
    size_t end = std::min(rest.find(':'), rest.size());
    std::string_view directory = rest.substr(0, end);
    if (!HasDirectory(path, directory)) path += Concat(path.empty() ? "" : ":", directory);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return path;
}

void AddUnlessSet(std::string_view name, const std::string& value, std::vector<std::string>& environment) {
  if (value.empty() || Find(environment, name) != environment.end()) return;
  environment.insert(environment.begin(), Concat(name, "=", value));
}

}  // namespace

std::vector<std::string> ComposeEnvironment(const EnvironmentRequest& request) {
  std::vector<std::string> environment;
  Set(environment, "PATH", kHostPath);
  if (request.tty) Set(environment, "TERM", "xterm");
  if (!request.hostname.empty()) Set(environment, "HOSTNAME", request.hostname);
  SetAll(environment, request.image, request.mount_point);
  SetAll(environment, request.container, request.mount_point);
  if (!request.image_root) Set(environment, "PATH", WithHostDirectories(ValueOf(environment, "PATH")));
  std::erase_if(environment, [](const std::string& entry) { return NameOf(entry) == kMountPointVariable; });
  Set(environment, kMountPointVariable, request.mount_point);
  return environment;
}

void AddHome(const User& user, std::vector<std::string>& environment) {
  AddUnlessSet("HOME", user.home().empty() ? "/" : user.home(), environment);
}

void AddAccount(const User& user, std::vector<std::string>& environment) {
  AddUnlessSet("LOGNAME", user.name(), environment);
  AddUnlessSet("USER", user.name(), environment);
  AddHome(user, environment);
}

std::string ValueOf(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& entry : environment) {
    if (NameOf(entry) == name) return entry.substr(std::min(name.size() + 1, entry.size()));
  }
  return {};
}

}  // namespace jobpod
