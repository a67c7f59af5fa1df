// Container paths of Windows as text. Nothing here touches the file system, so that it is tested on both systems.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// The name behind \\.\pipe\ in small letters, whichever way the slashes lean; nothing for other paths.
std::optional<std::string> WindowsPipeName(std::string_view path);

struct WindowsTarget {
  std::string drive;               // "C:"
  std::vector<std::string> names;  // below it, at least one
  std::string Text() const;        // "C:\\a\\b"
};

// Where a container_path is: "C:\\a", "c:/a" and "/a" (which is on C:). InvalidArgument for what is relative, a whole
// drive, on another machine, or has a name that no file of Windows can have.
StatusOr<WindowsTarget> ParseWindowsTarget(const std::string& container_path);

// True when `path` lies below `parent` or is the same. Small and capital letters are the same, as far as ASCII goes.
bool IsWithin(const WindowsTarget& path, const WindowsTarget& parent);

// A directory that kubelet fills for one pod alone (configMap, secret, projected, downwardAPI), which it makes
// read-only volumes of.
bool IsKubeletContent(std::string_view host_path);

}  // namespace jobpod
