#include "runtime/new_process_windows.hpp"

#include <memory>

#include "base/win32_windows.hpp"

namespace jobpod {
namespace {

constexpr DWORD_PTR kJobList = 0x2000D;        // PROC_THREAD_ATTRIBUTE_JOB_LIST
constexpr DWORD_PTR kPseudoConsole = 0x20016;  // PROC_THREAD_ATTRIBUTE_PSEUDOCONSOLE
constexpr DWORD kMostAttributes = 3;

using Console = NewProcess::Console;

// What the attributes point to, and what a child inherits.
struct Lists {
  Handle input, output, error;
  std::vector<HANDLE> jobs, inherited;
  void* console = nullptr;
};

StatusOr<Lists> MakeLists(const NewProcess& wanted) {
  Lists lists;
  lists.jobs = wanted.jobs;
  lists.inherited = wanted.inherited;
  if (wanted.console == Console::kPseudo) {
    lists.console = reinterpret_cast<void*>(wanted.streams.console);
    return lists;
  }
  ASSIGN_OR_RETURN(lists.input, InheritableCopy(wanted.streams.standard_input));
  ASSIGN_OR_RETURN(lists.output, InheritableCopy(wanted.streams.standard_output));
  ASSIGN_OR_RETURN(lists.error, InheritableCopy(wanted.streams.standard_error));
  for (const Handle* stream : {&lists.input, &lists.output, &lists.error}) lists.inherited.push_back(stream->get());
  return lists;
}

// The attribute list keeps pointers to what it was given: the lists outlive it.
class Attributes {
 public:
  Status Fill(Lists& lists) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, kMostAttributes, 0, &size);
    memory_ = std::make_unique<char[]>(size);
    if (!InitializeProcThreadAttributeList(get(), kMostAttributes, 0, &size)) return Failed();
    ready_ = true;
    RETURN_IF_ERROR(AddList(kJobList, lists.jobs));
    RETURN_IF_ERROR(AddList(PROC_THREAD_ATTRIBUTE_HANDLE_LIST, lists.inherited));
    return lists.console == nullptr ? absl::OkStatus() : Add(kPseudoConsole, lists.console, sizeof lists.console);
  }
  ~Attributes() {
    if (ready_) DeleteProcThreadAttributeList(get());
  }
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get()); }

 private:
  static Status Failed() { return LastErrorStatus("prepare a new process"); }
  Status AddList(DWORD_PTR attribute, std::vector<HANDLE>& list) {
    return list.empty() ? absl::OkStatus() : Add(attribute, list.data(), list.size() * sizeof(HANDLE));
  }
  Status Add(DWORD_PTR attribute, void* value, size_t size) {
    return UpdateProcThreadAttribute(get(), 0, attribute, value, size, nullptr, nullptr) ? absl::OkStatus() : Failed();
  }
  std::unique_ptr<char[]> memory_;
  bool ready_ = false;
};

STARTUPINFOEXW StartupOf(const Lists& lists, Attributes& attributes) {
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.lpAttributeList = attributes.get();
  if (lists.console != nullptr) return startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = lists.input.get();
  startup.StartupInfo.hStdOutput = lists.output.get();
  startup.StartupInfo.hStdError = lists.error.get();
  return startup;
}

DWORD FlagsOf(Console console) {
  constexpr DWORD kAlways = CREATE_UNICODE_ENVIRONMENT | EXTENDED_STARTUPINFO_PRESENT;
  if (console == Console::kNone) return kAlways | DETACHED_PROCESS;
  return console == Console::kHidden ? kAlways | CREATE_NO_WINDOW : kAlways;
}

bool Create(NewProcess& wanted, const Lists& lists, STARTUPINFOEXW& startup, PROCESS_INFORMATION& born) {
  const wchar_t* where = wanted.directory.empty() ? nullptr : wanted.directory.c_str();
  const BOOL inherit = !lists.inherited.empty();
  const DWORD flags = FlagsOf(wanted.console);
  if (wanted.token == nullptr) {
    return CreateProcessW(wanted.program.c_str(), wanted.command_line.data(), nullptr, nullptr, inherit, flags,
                          wanted.environment.data(), where, &startup.StartupInfo, &born) != 0;
  }
  return CreateProcessAsUserW(wanted.token, wanted.program.c_str(), wanted.command_line.data(), nullptr, nullptr,
                              inherit, flags, wanted.environment.data(), where, &startup.StartupInfo, &born) != 0;
}

Status Failure(DWORD error, const std::wstring& program) {
  if (error == ERROR_NOT_ENOUGH_QUOTA) {
    return absl::ResourceExhaustedError(
        Concat("start ", Utf8(program), ": the job's limit on processes is reached"));
  }
  return Win32Status(error, Concat("start ", Utf8(program)));
}

}  // namespace

StatusOr<Handle> InheritableCopy(intptr_t handle) {
  if (handle == -1) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    Handle null(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                            &inherited, OPEN_EXISTING, 0, nullptr));
    if (!null) return LastErrorStatus("open NUL");
    return null;
  }
  HANDLE copy = nullptr;
  const HANDLE self = GetCurrentProcess();
  if (DuplicateHandle(self, reinterpret_cast<HANDLE>(handle), self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
    return Handle(copy);
  }
  return LastErrorStatus("hand a stream to a new process");
}

StatusOr<BornProcess> CreateNewProcess(NewProcess wanted) {
  ASSIGN_OR_RETURN(Lists lists, MakeLists(wanted));
  Attributes attributes;
  RETURN_IF_ERROR(attributes.Fill(lists));
  STARTUPINFOEXW startup = StartupOf(lists, attributes);
  PROCESS_INFORMATION born{};
  if (!Create(wanted, lists, startup, born)) return Failure(GetLastError(), wanted.program);
  const Handle thread(born.hThread);
  return BornProcess{static_cast<int32_t>(born.dwProcessId), Handle(born.hProcess)};
}

}  // namespace jobpod
