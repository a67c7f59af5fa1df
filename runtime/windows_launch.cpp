#include "runtime/windows_launch.hpp"

#include <algorithm>

#include "base/windows_name.hpp"
#include "runtime/mount_point.hpp"
#include "runtime/windows_command_line.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

// Words that a path may be spread over: "C:\Program Files (x86)\Some Maker\Some Tool\tool.exe" has six.
constexpr uint32_t kMaxWords = 16;

std::string Substitute(std::string_view text, std::string_view rootfs) {
  return SubstituteMountPoint(text, rootfs, Spellings::kWindows);
}

std::string Backslashes(std::string_view path) {
  std::string out(path);
  std::replace(out.begin(), out.end(), '/', '\\');
  return out;
}

bool HasDrive(std::string_view path) {
  return path.size() >= 2 && path[1] == ':';
}

std::vector<std::string_view> Parts(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t end = std::min(path.find('\\'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  return parts;
}

// `names` below `top`; the top of a drive keeps its backslash.
std::string Join(std::string top, const std::vector<std::string_view>& names) {
  for (std::string_view name : names) top += Concat("\\", name);
  return HasDrive(top) && top.size() == 2 ? top + "\\" : top;
}

std::string Below(const std::string& rootfs, std::string_view path) {
  if (HasDrive(path)) path.remove_prefix(2);
  return Join(rootfs, Parts(path));
}

StatusOr<std::string> OnHost(std::string_view path, std::string_view rootfs) {
  if (path.starts_with("\\\\")) return std::string(path);
  if (path.starts_with('\\')) return Join(std::string(rootfs.substr(0, 2)), Parts(path));
  if (HasDrive(path) && (path.size() == 2 || path[2] == '\\')) {
    return Join(std::string(path.substr(0, 2)), Parts(path.substr(2)));
  }
  return absl::InvalidArgumentError(Concat("working_dir \"", path, "\" is not absolute; give a full path"));
}

void SetAll(const std::vector<std::string>& entries, const std::string& rootfs, std::vector<std::string>& all) {
  for (const std::string& entry : entries) {
    const size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos) continue;
    all.push_back(entry.substr(0, equals + 1) + Substitute(entry.substr(equals + 1), rootfs));
  }
}

// Longer and longer beginnings of the line are tried, as long as they may be one path.
bool MaySpread(const std::vector<std::string>& argv, const std::string& line) {
  return argv.size() > 1 && argv[0].find_first_of("\\/:") != std::string::npos && argv[0].find(' ') == std::string::npos &&
         !line.starts_with('"');
}

}  // namespace

std::vector<std::string> ComposeWindowsEnvironment(const std::vector<std::string>& image,
                                                   const std::vector<std::string>& container,
                                                   const std::string& rootfs) {
  std::vector<std::string> all;
  SetAll(image, rootfs, all);
  SetAll(container, rootfs, all);
  std::vector<std::string> merged = MergeWindowsEnvironment({}, all);
  std::erase_if(merged, [](const std::string& entry) {
    return EqualNoCase(std::string_view(entry).substr(0, entry.find('=')), kMountPointVariable);
  });
  merged.push_back(Concat(kMountPointVariable, "=", rootfs, "\\"));
  return merged;
}

StatusOr<std::string> ChooseWindowsDirectory(const WindowsDirectories& directories) {
  const std::string& rootfs = directories.rootfs;
  if (directories.container.empty()) return Below(rootfs, Backslashes(directories.image));
  const std::string asked = Substitute(directories.container, rootfs);
  const bool names_rootfs = asked != directories.container;
  const std::string path = Backslashes(asked);
  if (directories.own_view || names_rootfs) return OnHost(path, rootfs);
  if (!path.starts_with("\\\\")) return Below(rootfs, path);
  return absl::InvalidArgumentError(Concat("working_dir \"", path, "\" is on another machine; give one of this host, or "
                                           "below %CONTAINER_SANDBOX_MOUNT_POINT%"));
}

bool IsWithinWindowsDirectory(std::string_view path, std::string_view directory) {
  if (path.size() < directory.size() || !EqualNoCase(path.substr(0, directory.size()), directory)) return false;
  return path.size() == directory.size() || path[directory.size()] == '\\';
}

StatusOr<WindowsCommand> ComposeWindowsCommand(std::vector<std::string> argv, bool escaped,
                                               const WindowsSearch& search) {
  for (std::string& word : argv) word = Substitute(word, search.rootfs);
  WindowsCommand command;
  if (escaped) {
    command.line = argv[0];
    for (size_t i = 1; i < argv.size(); ++i) command.line += Concat(" ", QuoteArgument(argv[i]));
    ASSIGN_OR_RETURN(argv, SplitCommandLine(command.line));
    if (argv.empty()) return absl::InvalidArgumentError("no command specified: the image's command line is empty");
  }
  command.argv = std::move(argv);
  std::string name;
  const uint32_t most = MaySpread(command.argv, command.line) ? kMaxWords : 1;
  for (uint32_t words = 1; words <= std::min<size_t>(most, command.argv.size()); ++words) {
    name += Concat(words == 1 ? "" : " ", command.argv[words - 1]);
    for (std::string& path : WindowsCandidates(name, search)) command.programs.push_back({std::move(path), words});
  }
  return command;
}

StatusOr<std::string> JoinWindowsLogPath(std::string directory, std::string_view relative, std::string_view drive) {
  if (directory.empty() || relative.empty()) return std::string();
  directory = Backslashes(directory);
  while (directory.size() > 1 && directory.back() == '\\') directory.pop_back();
  if (directory.starts_with('\\') && !directory.starts_with("\\\\")) directory.insert(0, drive);
  const std::string path = Backslashes(relative);
  if (path.starts_with('\\') || path.find_first_of(std::string_view(":\0", 2)) != std::string::npos) {
    return absl::InvalidArgumentError(
        Concat("log_path \"", relative, "\" must be relative to the pod's log_directory, without a drive"));
  }
  if (Concat("\\", path, "\\").find("\\..\\") != std::string::npos) {
    return absl::InvalidArgumentError(
        Concat("log_path \"", relative, "\" leaves the pod's log_directory; remove the \"..\""));
  }
  for (std::string_view part : Parts(path)) {
    RETURN_IF_ERROR(Annotate(CheckWindowsName(part), Concat("log_path \"", relative, "\"")));
  }
  return Join(std::move(directory), Parts(path));
}

}  // namespace jobpod
