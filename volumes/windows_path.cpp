#include "volumes/windows_path.hpp"

#include <algorithm>

#include "base/windows_name.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxPath = 32'000;  // the system's limit is 32,767 with its prefix

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return Lower(c); });
  return out;
}

std::string WithBackslashes(std::string_view path) {
  std::string out(path);
  std::ranges::replace(out, '/', '\\');
  return out;
}

bool IsDrive(std::string_view text) {
  return text.size() == 2 && text[1] == ':' && Lower(text[0]) >= 'a' && Lower(text[0]) <= 'z';
}

}  // namespace

std::optional<std::string> WindowsPipeName(std::string_view path) {
  const std::string text = Lower(WithBackslashes(path));
  for (std::string_view prefix : {"\\\\.\\pipe\\", "\\\\?\\pipe\\"})
    if (text.starts_with(prefix)) return text.substr(prefix.size());
  return std::nullopt;
}

std::string WindowsTarget::Text() const {
  std::string out = drive;
  for (const std::string& name : names) out += "\\" + name;
  return out;
}

StatusOr<WindowsTarget> ParseWindowsTarget(const std::string& container_path) {
  const auto refuse = [&](std::string_view why) {
    return absl::InvalidArgumentError(Concat("container_path \"", container_path.substr(0, 200), "\" ", why));
  };
  if (container_path.empty()) return refuse("is empty; give an absolute path");
  if (container_path.size() > kMaxPath) return refuse("is longer than the system allows");
  std::string text = WithBackslashes(container_path);
  if (text.starts_with("\\\\")) return refuse("is on another machine or a device; give a path on a drive");
  WindowsTarget target{"C:", {}};
  std::string_view rest = text;
  if (IsDrive(rest.substr(0, 2))) {
    target.drive = Concat(static_cast<char>(Lower(rest[0]) - 32), ":");
    rest.remove_prefix(2);
    if (!rest.empty() && rest[0] != '\\') return refuse("is relative to a drive's current directory");
  } else if (!rest.starts_with('\\')) {
    return refuse("is not absolute");
  }
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\\'), rest.size());
    const std::string name(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name.empty() || name == ".") continue;
    if (name == "..") return refuse("contains \"..\"");
    RETURN_IF_ERROR(Annotate(CheckWindowsName(name), Concat("container_path \"", container_path, "\"")));
    target.names.push_back(name);
  }
  if (target.names.empty() && target.drive == "C:") return refuse("is refused: destination path can not be C drive");
  if (target.names.empty()) return refuse("is a whole drive; give a directory on it");
  return target;
}

bool IsWithin(const WindowsTarget& path, const WindowsTarget& parent) {
  if (path.drive != parent.drive || path.names.size() < parent.names.size()) return false;
  return std::equal(parent.names.begin(), parent.names.end(), path.names.begin(),
                    [](const std::string& one, const std::string& other) { return Lower(one) == Lower(other); });
}

bool IsKubeletContent(std::string_view host_path) {
  const std::string path = Lower(WithBackslashes(host_path));
  const size_t pods = path.find("\\pods\\");
  if (pods == std::string::npos) return false;
  for (std::string_view kind : {"projected", "configmap", "secret", "downward-api"}) {
    if (path.find(Concat("\\volumes\\kubernetes.io~", kind, "\\"), pods) != std::string::npos) return true;
  }
  return false;
}

}  // namespace jobpod
