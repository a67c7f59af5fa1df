#include "runtime/process_windows.hpp"

#include <userenv.h>

#include <algorithm>
#include <memory>

#include "base/file.hpp"
#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/console_launcher_windows.hpp"
#include "runtime/windows_command_line.hpp"
#include "runtime/windows_environment.hpp"
#include "runtime/windows_executable.hpp"

namespace jobpod {
namespace {

constexpr DWORD_PTR kJobList = 0x2000D;        // PROC_THREAD_ATTRIBUTE_JOB_LIST
constexpr DWORD_PTR kPseudoConsole = 0x20016;  // PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE

// The standard streams, as handles that the child inherits. NUL for what was not given.
struct Streams {
  Handle input, output, error;
  HANDLE list[3];
};

StatusOr<Handle> Inheritable(intptr_t given) {
  if (given == -1) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    Handle null(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            &inherited, OPEN_EXISTING, 0, nullptr));
    if (!null) return LastErrorStatus("open NUL");
    return null;
  }
  HANDLE copy = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), reinterpret_cast<HANDLE>(given), GetCurrentProcess(), &copy, 0,
                       TRUE, DUPLICATE_SAME_ACCESS)) {
    return LastErrorStatus("hand a stream to a new process");
  }
  return Handle(copy);
}

StatusOr<Streams> MakeStreams(const SpawnHandles& handles) {
  Streams streams;
  ASSIGN_OR_RETURN(streams.input, Inheritable(handles.standard_input));
  ASSIGN_OR_RETURN(streams.output, Inheritable(handles.standard_output));
  ASSIGN_OR_RETURN(streams.error, Inheritable(handles.standard_error));
  streams.list[0] = streams.input.get();
  streams.list[1] = streams.output.get();
  streams.list[2] = streams.error.get();
  return streams;
}

// The attribute list keeps pointers to what it was given: jobs and streams outlive it.
class Attributes {
 public:
  Status Begin(const std::vector<HANDLE>& jobs) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 2, 0, &size);
    memory_ = std::make_unique<char[]>(size);
    if (!InitializeProcThreadAttributeList(get(), 2, 0, &size)) return Failed();
    ready_ = true;
    return Set(kJobList, const_cast<HANDLE*>(jobs.data()), jobs.size() * sizeof(HANDLE));
  }
  Status SetStreams(Streams& streams) {
    return Set(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, streams.list, sizeof streams.list);
  }
  Status SetConsole(HANDLE console) { return Set(kPseudoConsole, console, sizeof console); }
  ~Attributes() {
    if (ready_) DeleteProcThreadAttributeList(get());
  }
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get()); }

 private:
  static Status Failed() { return LastErrorStatus("prepare a new process"); }
  Status Set(DWORD_PTR attribute, void* value, size_t size) {
    if (UpdateProcThreadAttribute(get(), 0, attribute, value, size, nullptr, nullptr)) return absl::OkStatus();
    return Failed();
  }
  std::unique_ptr<char[]> memory_;
  bool ready_ = false;
};

// The variables Windows gives the account of `token` at logon.
std::vector<std::string> AccountEnvironment(HANDLE token) {
  void* block = nullptr;
  if (!CreateEnvironmentBlock(&block, token, FALSE)) return {};
  ScopeExit destroy([&] { DestroyEnvironmentBlock(block); });
  std::vector<std::string> entries;
  for (const auto* at = static_cast<const wchar_t*>(block); *at != L'\0'; at += wcslen(at) + 1) {
    entries.push_back(Utf8(at));
  }
  return entries;
}

// Sorted, as Windows keeps its own; each entry ends with a NUL, and so does the block.
std::wstring EnvironmentBlock(const LaunchPlan& plan) {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE, &token);
  const Handle owned(token);
  std::vector<std::string> entries = MergeWindowsEnvironment(
      AccountEnvironment(token), {plan.environment().begin(), plan.environment().end()});
  std::vector<std::wstring> wide;
  for (const std::string& entry : entries) wide.push_back(Wide(entry));
  std::stable_sort(wide.begin(), wide.end(), [](const std::wstring& a, const std::wstring& b) {
    return CompareStringOrdinal(a.c_str(), static_cast<int>(a.find(L'=', 1)), b.c_str(),
                                static_cast<int>(b.find(L'=', 1)), TRUE) == CSTR_LESS_THAN;
  });
  std::wstring block;
  for (const std::wstring& entry : wide) block.append(entry).append(1, L'\0');
  return block + std::wstring(entries.empty() ? 2 : 1, L'\0');
}

bool IsFile(const std::wstring& path) {
  const DWORD attributes = GetFileAttributesW(path.c_str());
  return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) == 0;
}

struct Program {
  std::wstring path;
  std::string command_line;
};

StatusOr<Program> Shell(const StatusOr<std::string>& command_line) {
  if (!command_line.ok()) return command_line.status();
  wchar_t system[512];
  const UINT size = GetSystemDirectoryW(system, std::size(system));
  return Program{std::wstring(system, size) + L"\\cmd.exe", *command_line};
}

StatusOr<Program> FindProgram(const LaunchPlan& plan) {
  const std::vector<std::string> argv(plan.argv().begin(), plan.argv().end());
  if (argv.empty()) return absl::InvalidArgumentError("no command specified");
  for (const std::string& candidate : plan.executables()) {
    const std::wstring path = Wide(candidate);
    if (!IsFile(path)) continue;
    if (IsBatchFile(candidate)) return Shell(BatchCommandLine(candidate, {argv.begin() + 1, argv.end()}));
    ASSIGN_OR_RETURN(std::string line, JoinCommandLine(argv));
    return Program{path, std::move(line)};
  }
  if (IsShellBuiltIn(argv[0])) return Shell(BuiltInCommandLine(argv));
  return absl::NotFoundError(Concat("start ", argv[0], ": failed to find executable \"", argv[0], "\""));
}

// As Windows wants it; null for the calling process's own.
StatusOr<std::wstring> WorkingDirectory(const LaunchPlan& plan) {
  const std::string& directory = plan.working_directory();
  if (directory.empty()) return std::wstring();
  if (plan.make_working_directory()) RETURN_IF_ERROR(MakeDirectories(directory));
  const std::wstring wide = Wide(directory);
  const DWORD attributes = GetFileAttributesW(wide.c_str());
  if (attributes == INVALID_FILE_ATTRIBUTES) return LastErrorStatus(Concat("working directory ", directory));
  if ((attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) return wide;
  return absl::InvalidArgumentError(Concat("working directory ", directory, " is not a directory"));
}

// How a process begins: with standard streams and no window, or with a terminal.
struct Start {
  STARTUPINFOEXW info{};
  DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  bool inherits = false;
  Streams streams;
  Attributes attributes;

  Status Describe(const SpawnHandles& handles, const std::vector<HANDLE>& jobs) {
    info.StartupInfo.cb = sizeof info;
    RETURN_IF_ERROR(attributes.Begin(jobs));
    info.lpAttributeList = attributes.get();
    if (handles.console != -1) return attributes.SetConsole(reinterpret_cast<HANDLE>(handles.console));
    info.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    ASSIGN_OR_RETURN(streams, MakeStreams(handles));
    info.StartupInfo.hStdInput = streams.list[0];
    info.StartupInfo.hStdOutput = streams.list[1];
    info.StartupInfo.hStdError = streams.list[2];
    flags |= CREATE_NO_WINDOW;
    inherits = true;
    return attributes.SetStreams(streams);
  }
};

Status Failure(DWORD error, const std::wstring& program) {
  if (error == ERROR_NOT_ENOUGH_QUOTA) {
    return absl::ResourceExhaustedError(
        Concat("start ", Utf8(program), ": the job's limit on processes is reached"));
  }
  return Win32Status(error, Concat("start ", Utf8(program)));
}

}  // namespace

StatusOr<Spawned> StartProcess(const LaunchPlan& plan, const SpawnHandles& handles,
                               const std::vector<HANDLE>& jobs) {
  ASSIGN_OR_RETURN(Program program, FindProgram(plan));
  ASSIGN_OR_RETURN(const std::wstring directory, WorkingDirectory(plan));
  Start start;
  RETURN_IF_ERROR(start.Describe(handles, jobs));
  std::wstring command = Wide(program.command_line), block = EnvironmentBlock(plan);
  if (handles.console != -1 && RunsUnderWine()) StartByConsoleLauncher(program.path, command);
  PROCESS_INFORMATION born{};
  if (!CreateProcessW(program.path.c_str(), command.data(), nullptr, nullptr, start.inherits, start.flags, block.data(),
                      directory.empty() ? nullptr : directory.c_str(), &start.info.StartupInfo, &born)) {
    return Failure(GetLastError(), program.path);
  }
  CloseHandle(born.hThread);
  return Spawned{static_cast<int32_t>(born.dwProcessId), reinterpret_cast<intptr_t>(born.hProcess)};
}

}  // namespace jobpod
