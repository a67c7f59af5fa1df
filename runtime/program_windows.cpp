#include "runtime/program_windows.hpp"

#include <windows.h>

#include "base/file.hpp"
#include "base/win32_windows.hpp"
#include "runtime/windows_command_line.hpp"
#include "runtime/windows_executable.hpp"

namespace jobpod {
namespace {

enum class Kind { kMissing, kFile, kDirectory };

constexpr size_t kLongestDirectory = MAX_PATH - 2;  // of a process, with the backslash that Windows adds

// Of a path of any length; the thread's last error says why it is missing.
Kind KindOf(const std::string& path) {
  const StatusOr<std::wstring> wide = LongPath(path);
  const DWORD attributes = wide.ok() ? GetFileAttributesW(wide->c_str()) : INVALID_FILE_ATTRIBUTES;
  if (attributes == INVALID_FILE_ATTRIBUTES) return Kind::kMissing;
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? Kind::kDirectory : Kind::kFile;
}

// CreateProcess takes a longer one only as it is. Others stay as they were given: programs are told their names.
StatusOr<std::wstring> ApplicationName(const std::string& path) {
  std::wstring plain = Wide(path);
  return plain.size() < MAX_PATH ? std::move(plain) : LongPath(path);
}

StatusOr<Program> Shell(const StatusOr<std::string>& command_line) {
  if (!command_line.ok()) return command_line.status();
  wchar_t system[512];
  const UINT size = GetSystemDirectoryW(system, std::size(system));
  return Program{std::wstring(system, size) + L"\\cmd.exe", *command_line};
}

// `words` of the plan's arguments name the file at `path`.
StatusOr<Program> RunFile(const LaunchPlan& plan, const std::string& path, size_t words) {
  const std::vector<std::string> argv(plan.argv().begin(), plan.argv().end());
  if (!IsBatchFile(path)) {
    ASSIGN_OR_RETURN(std::string line, CommandLineFor(argv, plan.command_line(), words));
    ASSIGN_OR_RETURN(std::wstring name, ApplicationName(path));
    return Program{std::move(name), std::move(line)};
  }
  if (!plan.command_line().empty()) return Shell(BatchCommandLine(path, plan.command_line(), words));
  return Shell(BatchCommandLine(path, {argv.begin() + static_cast<ptrdiff_t>(words), argv.end()}));
}

Status NotFound(const LaunchPlan& plan, const std::string& directory) {
  const std::string& name = plan.argv(0);
  if (!directory.empty()) {
    return absl::NotFoundError(Concat("start ", name, ": found directory instead of executable \"", directory, "\""));
  }
  return absl::NotFoundError(Concat("start ", name, ": failed to find executable \"", name, "\""));
}

}  // namespace

StatusOr<Program> FindProgram(const LaunchPlan& plan) {
  if (plan.argv().empty()) return absl::InvalidArgumentError("no command specified");
  std::string directory;
  for (int i = 0; i < plan.executables_size(); ++i) {
    const std::string& candidate = plan.executables(i);
    const Kind kind = KindOf(candidate);
    if (kind == Kind::kFile) {
      return RunFile(plan, candidate, i < plan.executable_words_size() ? plan.executable_words(i) : 1);
    }
    if (kind == Kind::kDirectory) directory = candidate;
  }
  if (!IsShellBuiltIn(plan.argv(0))) return NotFound(plan, directory);
  if (!plan.command_line().empty()) return Shell(ShellCommandLine(plan.command_line()));
  return Shell(BuiltInCommandLine({plan.argv().begin(), plan.argv().end()}));
}

StatusOr<std::wstring> FindWorkingDirectory(const LaunchPlan& plan) {
  const std::string& directory = plan.working_directory();
  if (directory.empty()) return std::wstring();
  if (plan.make_working_directory()) RETURN_IF_ERROR(MakeDirectories(directory));
  const Kind kind = KindOf(directory);
  if (kind == Kind::kMissing) return LastErrorStatus(Concat("working directory ", directory));
  if (kind == Kind::kFile) return absl::InvalidArgumentError(Concat("working directory ", directory, " is not a directory"));
  std::wstring wide = Wide(directory);
  if (wide.size() <= kLongestDirectory) return wide;
  return absl::InvalidArgumentError(Concat("working directory ", directory, " has ", wide.size(),
                                           " characters, and Windows starts no process in one of more than ",
                                           kLongestDirectory, "; choose a shorter one"));
}

}  // namespace jobpod
