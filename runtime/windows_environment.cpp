#include "runtime/windows_environment.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace jobpod {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// A name may begin with "=": the variables of current directories do.
size_t EndOfName(std::string_view entry) {
  return entry.find('=', 1);
}

std::string_view NameOf(std::string_view entry) {
  return entry.substr(0, EndOfName(entry));
}

std::vector<std::string>::iterator Find(std::vector<std::string>& environment, std::string_view name) {
  return std::find_if(environment.begin(), environment.end(),
                      [&](const std::string& entry) { return EqualNoCase(NameOf(entry), name); });
}

void Set(std::vector<std::string>& environment, const std::string& entry) {
  if (entry.empty() || EndOfName(entry) == std::string::npos) return;
  auto at = Find(environment, NameOf(entry));
  if (at == environment.end()) {
    environment.push_back(entry);
  } else {
    *at = entry;
  }
}

// "C:\Windows\" is "C:\Windows".
std::string_view Directory(std::string_view text) {
  while (text.size() > 3 && text.ends_with('\\')) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find(';'), path.size());
    if (end > 0) parts.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return parts;
}

std::string WithDirectoriesOf(std::string path, std::string_view host) {
  for (std::string_view directory : Split(host)) {
    const std::vector<std::string_view> present = Split(path);
    const bool known = std::any_of(present.begin(), present.end(), [&](std::string_view other) {
      return EqualNoCase(Directory(other), Directory(directory));
    });
    if (known) continue;
    if (!path.empty() && !path.ends_with(';')) path += ';';
    path += directory;
  }
  return path;
}

}  // namespace

bool EqualNoCase(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return Lower(a) == Lower(b); });
}

std::vector<std::string> MergeWindowsEnvironment(const std::vector<std::string>& account,
                                                 const std::vector<std::string>& entries) {
  std::vector<std::string> merged;
  for (const std::string& entry : account) Set(merged, entry);
  const std::string host_path = WindowsValueOf(merged, "PATH");
  const std::string system_root = WindowsValueOf(merged, "SystemRoot");
  for (const std::string& entry : entries) Set(merged, entry);
  const std::string path = WithDirectoriesOf(WindowsValueOf(merged, "PATH"), host_path);
  if (!path.empty()) Set(merged, "PATH=" + path);
  if (WindowsValueOf(merged, "SystemRoot").empty() && !system_root.empty()) {
    Set(merged, "SystemRoot=" + system_root);
  }
  return merged;
}

std::string WindowsValueOf(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (EqualNoCase(NameOf(entry), name) && EndOfName(entry) != std::string::npos) {
      return entry.substr(EndOfName(entry) + 1);
    }
  }
  return {};
}

}  // namespace jobpod
