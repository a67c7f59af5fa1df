#include "runtime/program_windows.hpp"

#include <windows.h>

#include "base/file.hpp"
#include "base/win32_windows.hpp"
#include "runtime/windows_command_line.hpp"
#include "runtime/windows_executable.hpp"

namespace jobpod {
namespace {

enum class Kind { kMissing, kFile, kDirectory };

Kind KindOf(const std::wstring& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return Kind::kMissing;
  return (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0 ? Kind::kDirectory : Kind::kFile;
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
    return Program{Wide(path), std::move(line)};
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
    const Kind kind = KindOf(Wide(candidate));
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
  const std::wstring wide = Wide(directory);
  const DWORD attributes = GetFileAttributesW(wide.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return LastErrorStatus(Concat("working directory ", directory));
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) return wide;
  return absl::InvalidArgumentError(Concat("working directory ", directory, " is not a directory"));
}

}  // namespace jobpod
