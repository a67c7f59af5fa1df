#include "runtime/windows_executable.hpp"

#include <algorithm>
#include <array>

#include "runtime/windows_command_line.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

constexpr std::array kBuiltIns = {
    "assoc", "break",    "call",  "cd",    "chdir",  "cls",   "color", "copy", "date",   "del",    "dir",
    "echo",  "endlocal", "erase", "exit",  "for",    "ftype", "goto",  "if",   "md",     "mkdir",  "mklink",
    "move",  "path",     "pause", "popd",  "prompt", "pushd", "rd",    "rem",  "ren",    "rename", "rmdir",
    "set",   "setlocal", "shift", "start", "time",   "title", "type",  "ver",  "verify", "vol"};

constexpr std::array kExtensions = {".exe", ".com", ".bat", ".cmd"};

bool EndsWithNoCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && EqualNoCase(text.substr(text.size() - end.size()), end);
}

bool HasProgramExtension(std::string_view name) {
  return std::any_of(kExtensions.begin(), kExtensions.end(),
                     [&](const char* extension) { return EndsWithNoCase(name, extension); });
}

bool HasDrive(std::string_view path) {
  return path.size() >= 2 && path[1] == ':';
}

std::string Join(std::string_view directory, std::string_view name) {
  while (directory.ends_with('\\')) directory.remove_suffix(1);
  while (name.starts_with('\\')) name.remove_prefix(1);
  return Concat(directory, "\\", name);
}

std::string Backslashes(std::string_view path) {
  std::string out(path);
  std::replace(out.begin(), out.end(), '/', '\\');
  return out;
}

std::vector<std::string> PathDirectories(std::string_view path) {
  std::vector<std::string> directories;
  while (!path.empty()) {
    const size_t end = std::min(path.find(';'), path.size());
    std::string directory = Backslashes(path.substr(0, end));
    std::erase(directory, '"');
    if (!directory.empty()) directories.push_back(std::move(directory));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return directories;
}

class Candidates {
 public:
  explicit Candidates(const WindowsSearch& search) : search_(search) {}

  void AddBelowRootfs(std::string_view path) {
    if (HasDrive(path)) path.remove_prefix(2);
    Add(Join(search_.rootfs, path));
  }

  void Add(const std::string& path) {
    const std::string_view name = std::string_view(path).substr(path.find_last_of('\\') + 1);
    if (name.find('.') != std::string_view::npos) {
      AddOnce(path);
      if (!HasProgramExtension(name)) AddOnce(path + ".exe");
      return;
    }
    for (const char* extension : kExtensions) AddOnce(path + extension);
    AddOnce(path);
  }

  // As SearchPath does, also with directories in the name: System32\cmd.exe lies below the system's.
  void AddEverywhere(std::string_view name) {
    std::vector<std::string> directories = PathDirectories(search_.path_variable);
    const size_t from_path = directories.size();
    directories.push_back(Join(search_.windows, "System32"));
    directories.push_back(Join(search_.windows, "System"));
    directories.push_back(search_.windows);
    for (const std::string& directory : directories) Add(Join(directory, name));
    directories.resize(from_path);
    for (const std::string& directory : directories) AddBelowRootfs(Join(directory, name));
  }

  std::vector<std::string> Take() { return std::move(found_); }

 private:
  void AddOnce(const std::string& path) {
    const bool known = std::any_of(found_.begin(), found_.end(),
                                   [&](const std::string& other) { return EqualNoCase(other, path); });
    if (!known) found_.push_back(path);
  }

  const WindowsSearch& search_;
  std::vector<std::string> found_;
};

// cmd.exe takes what stands between the first and the last quote after /s as it is.
std::string ShellLine(std::string_view inner) {
  return Concat("cmd.exe /e:on /v:off /d /s /c \"", inner, "\"");
}

// Within quotes a quote is doubled, and a variable is broken up by an empty piece of another.
std::string QuoteForBatch(std::string_view argument) {
  std::string out = "\"";
  size_t backslashes = 0;
  for (char c : argument) {
    if (c == '"') out.append(backslashes, '\\').append(1, '"');
    backslashes = c == '\\' ? backslashes + 1 : 0;
    if (c == '%') out += "%%cd:~,";
    out += c;
  }
  return out.append(backslashes, '\\').append(1, '"');
}

}  // namespace

std::vector<std::string> WindowsCandidates(std::string_view program, const WindowsSearch& search) {
  const std::string path = Backslashes(program);
  Candidates candidates(search);
  if (HasDrive(path) || path.starts_with("\\\\")) {
    candidates.Add(path);
    return candidates.Take();
  }
  if (path.starts_with('\\')) {
    candidates.Add(search.rootfs.substr(0, 2) + path);
    candidates.AddBelowRootfs(path);
    return candidates.Take();
  }
  std::string_view relative = path;
  while (relative.starts_with(".\\")) relative.remove_prefix(2);
  candidates.Add(Join(search.working_directory, relative));
  candidates.Add(Join(search.rootfs, relative));
  if (!path.starts_with('.')) candidates.AddEverywhere(path);
  return candidates.Take();
}

bool IsBatchFile(std::string_view path) {
  return EndsWithNoCase(path, ".bat") || EndsWithNoCase(path, ".cmd");
}

bool IsShellBuiltIn(std::string_view program) {
  return std::any_of(kBuiltIns.begin(), kBuiltIns.end(),
                     [&](const char* name) { return EqualNoCase(name, program); });
}

StatusOr<std::string> BuiltInCommandLine(const std::vector<std::string>& arguments) {
  ASSIGN_OR_RETURN(const std::string line, JoinCommandLine(arguments));
  return ShellLine(line);
}

std::string ShellCommandLine(const std::string& line) {
  return ShellLine(line);
}

StatusOr<std::string> BatchCommandLine(const std::string& batch_file, const std::string& line, size_t words) {
  return ShellLine(Concat("\"", batch_file, "\"", std::string_view(line).substr(EndOfWords(line, words))));
}

StatusOr<std::string> BatchCommandLine(const std::string& batch_file,
                                       const std::vector<std::string>& arguments) {
  std::string line = Concat("\"", batch_file, "\"");
  for (const std::string& argument : arguments) {
    if (argument.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return absl::InvalidArgumentError(Concat(
          "start ", batch_file, ": an argument has a line break or NUL in it, which no batch file can get"));
    }
    line += Concat(" ", QuoteForBatch(argument));
  }
  return ShellLine(line);
}

}  // namespace jobpod
