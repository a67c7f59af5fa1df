#include <windows.h>

#include <array>
#include <memory>

#include "base/file.hpp"
#include "base/handle_windows.hpp"
#include "base/scope_exit.hpp"
#include "base/win32_windows.hpp"
#include "runtime/shim/pipe_instance_windows.hpp"
#include "runtime/shim/shim_process_windows.hpp"
#include "runtime/shim/spawn.hpp"
#include "runtime/windows_command_line.hpp"

namespace jobpod {
namespace {

// What the shim inherits and nothing else: its pipe, NUL, and this process's standard error (its log).
class Inheritance {
 public:
  Status Fill(HANDLE pipe) {
    SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
    nothing_ = Handle(CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                                  OPEN_EXISTING, 0, nullptr));
    if (!nothing_) return LastErrorStatus("open NUL");
    HANDLE copy = nullptr;
    const HANDLE error = GetStdHandle(STD_ERROR_HANDLE), self = GetCurrentProcess();
    // The other way to say "none" is also the number of the process's own handle, which a shim must not get.
    if (error != nullptr && error != INVALID_HANDLE_VALUE &&
        DuplicateHandle(self, error, self, &copy, 0, TRUE, DUPLICATE_SAME_ACCESS)) {
      error_ = Handle(copy);
    }
    list_ = {pipe, nothing_.get(), error_.get()};
    return Prepare(error_ ? 3 : 2);
  }

  ~Inheritance() {
    if (ready_) DeleteProcThreadAttributeList(attributes());
  }

  LPPROC_THREAD_ATTRIBUTE_LIST attributes() {
    return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(memory_.get());
  }
  HANDLE nothing() const { return nothing_.get(); }
  HANDLE error() const { return error_ ? error_.get() : nothing_.get(); }

 private:
  Status Prepare(size_t count) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    memory_ = std::make_unique<char[]>(size);
    ready_ = InitializeProcThreadAttributeList(attributes(), 1, 0, &size);
    if (ready_ && UpdateProcThreadAttribute(attributes(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, list_.data(),
                                            count * sizeof(HANDLE), nullptr, nullptr)) {
      return absl::OkStatus();
    }
    return LastErrorStatus("prepare a shim");
  }

  Handle nothing_, error_;
  std::array<HANDLE, 3> list_{};
  std::unique_ptr<char[]> memory_;
  bool ready_ = false;
};

// Where a shim's current directory keeps nothing from being removed.
std::wstring SystemDirectory() {
  wchar_t path[512];
  return std::wstring(path, GetSystemDirectoryW(path, std::size(path)));
}

StatusOr<Handle> StartShim(const std::wstring& program, std::wstring command, Inheritance& inheritance) {
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = startup.StartupInfo.hStdOutput = inheritance.nothing();
  startup.StartupInfo.hStdError = inheritance.error();
  startup.lpAttributeList = inheritance.attributes();
  const std::wstring directory = SystemDirectory();
  // Out of whatever job this process is in, where that allows it: a shim outlives its daemon.
  constexpr DWORD kFlags = EXTENDED_STARTUPINFO_PRESENT | DETACHED_PROCESS;
  for (DWORD breakaway : {DWORD{CREATE_BREAKAWAY_FROM_JOB}, DWORD{0}}) {
    PROCESS_INFORMATION born{};
    if (CreateProcessW(program.c_str(), command.data(), nullptr, nullptr, TRUE, kFlags | breakaway, nullptr,
                       directory.c_str(), &startup.StartupInfo, &born)) {
      CloseHandle(born.hThread);
      return Handle(born.hProcess);
    }
    if (GetLastError() != ERROR_ACCESS_DENIED) break;
  }
  return LastErrorStatus(Concat("start the shim ", Utf8(program)));
}

}  // namespace

StatusOr<SpawnedShim> SpawnShim(const std::string& shim_path, const shim::Config& config) {
  const std::string config_path = Concat(config.state_directory(), "/config");
  const std::string socket = ShimSocket(config.state_directory());
  RETURN_IF_ERROR(MakeDirectories(config.state_directory(), 0700));
  RETURN_IF_ERROR(WriteFileAtomic(config_path, config.SerializeAsString()));
  ScopeExit undo([&] { (void)RemoveTree(config_path); });
  ASSIGN_OR_RETURN(const Handle pipe, MakePipeInstance(socket, PipeInstance::kFirst, true));
  Inheritance inheritance;
  RETURN_IF_ERROR(inheritance.Fill(pipe.get()));
  const std::string value = std::to_string(reinterpret_cast<uintptr_t>(pipe.get()));
  ASSIGN_OR_RETURN(const std::string command, JoinCommandLine({"jobpod-shim", config_path, value}));
  ASSIGN_OR_RETURN(const Handle process, StartShim(Wide(shim_path), Wide(command), inheritance));
  ScopeExit kill([&] { TerminateProcess(process.get(), 1); });
  RETURN_IF_ERROR(RecordShimProcess(config.state_directory(), process.get()));
  kill.Release();
  undo.Release();
  return SpawnedShim{static_cast<int32_t>(GetProcessId(process.get())), socket};
}

}  // namespace jobpod
