#include "runtime/process_windows.hpp"

#include <algorithm>
#include <memory>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/account_environment_windows.hpp"
#include "runtime/console_launcher_windows.hpp"
#include "runtime/program_windows.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

constexpr DWORD_PTR kJobList = 0x2000D;        // PROC_THREAD_ATTRIBUTE_JOB_LIST
constexpr DWORD_PTR kPseudoConsole = 0x20016;  // PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE

// The standard streams, as handles that the child inherits. NUL for what was not given; none with a pseudo console.
struct Streams {
  Handle input, output, error;
  HANDLE list[3] = {};
  void* console = nullptr;
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
  if (handles.console != -1) {
    streams.console = reinterpret_cast<void*>(handles.console);
    return streams;
  }
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
  Status Fill(const std::vector<HANDLE>& jobs, Streams& streams) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 2, 0, &size);
    memory_ = std::make_unique<char[]>(size);
    if (!InitializeProcThreadAttributeList(get(), 2, 0, &size)) return Failed();
    ready_ = true;
    RETURN_IF_ERROR(Add(kJobList, const_cast<HANDLE*>(jobs.data()), jobs.size() * sizeof(HANDLE)));
    if (streams.console != nullptr) return Add(kPseudoConsole, streams.console, sizeof streams.console);
    return Add(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, streams.list, sizeof streams.list);
  }
  ~Attributes() {
    if (ready_) DeleteProcThreadAttributeList(get());
  }
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get()); }

 private:
  static Status Failed() { return LastErrorStatus("prepare a new process"); }
  Status Add(DWORD_PTR attribute, void* value, size_t size) {
    return UpdateProcThreadAttribute(get(), 0, attribute, value, size, nullptr, nullptr) ? absl::OkStatus() : Failed();
  }
  std::unique_ptr<char[]> memory_;
  bool ready_ = false;
};

// Sorted, as Windows keeps its own; each entry ends with a NUL, and so does the block.
std::wstring EnvironmentBlock(const LaunchPlan& plan, HANDLE token) {
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

Handle OwnToken() {
  HANDLE token = nullptr;
  OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE | TOKEN_IMPERSONATE, &token);
  return Handle(token);
}

Status Failure(DWORD error, const std::wstring& program) {
  if (error == ERROR_NOT_ENOUGH_QUOTA) {
    return absl::ResourceExhaustedError(
        Concat("start ", Utf8(program), ": the job's limit on processes is reached"));
  }
  return Win32Status(error, Concat("start ", Utf8(program)));
}

// What CreateProcess takes, kept alive.
struct Birth {
  Program program;
  std::wstring directory, command, environment;
  STARTUPINFOEXW startup{};
  DWORD flags = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  BOOL inherit = FALSE;

  void SetStreams(const Streams& streams) {
    startup.StartupInfo.cb = sizeof startup;
    if (streams.console != nullptr) return;
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = streams.list[0];
    startup.StartupInfo.hStdOutput = streams.list[1];
    startup.StartupInfo.hStdError = streams.list[2];
    flags |= CREATE_NO_WINDOW;
    inherit = TRUE;
  }

  bool Run(HANDLE token, PROCESS_INFORMATION& born) {
    const wchar_t* where = directory.empty() ? nullptr : directory.c_str();
    if (token == nullptr) {
      return CreateProcessW(program.path.c_str(), command.data(), nullptr, nullptr, inherit, flags,
                            environment.data(), where, &startup.StartupInfo, &born) != 0;
    }
    return CreateProcessAsUserW(token, program.path.c_str(), command.data(), nullptr, nullptr, inherit, flags,
                                environment.data(), where, &startup.StartupInfo, &born) != 0;
  }
};

}  // namespace

StatusOr<Spawned> StartProcess(const LaunchPlan& plan, const SpawnHandles& handles,
                               const std::vector<HANDLE>& jobs, HANDLE token) {
  Birth birth;
  ASSIGN_OR_RETURN(birth.program, FindProgram(plan));
  ASSIGN_OR_RETURN(birth.directory, FindWorkingDirectory(plan));
  ASSIGN_OR_RETURN(Streams streams, MakeStreams(handles));
  Attributes attributes;
  RETURN_IF_ERROR(attributes.Fill(jobs, streams));
  birth.SetStreams(streams);
  birth.startup.lpAttributeList = attributes.get();
  birth.command = Wide(birth.program.command_line);
  birth.environment = EnvironmentBlock(plan, token != nullptr ? token : OwnToken().get());
  if (streams.console != nullptr && RunsUnderWine()) StartByConsoleLauncher(birth.program.path, birth.command);
  PROCESS_INFORMATION born{};
  if (!birth.Run(token, born)) return Failure(GetLastError(), birth.program.path);
  const Handle thread(born.hThread);
  return Spawned{static_cast<int32_t>(born.dwProcessId), reinterpret_cast<intptr_t>(born.hProcess)};
}

}  // namespace jobpod
