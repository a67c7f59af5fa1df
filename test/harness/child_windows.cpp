#include <windows.h>

#include <array>
#include <csignal>
#include <utility>

#include "base/handle_windows.hpp"
#include "base/text.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_signal_windows.hpp"
#include "runtime/windows_command_line.hpp"
#include "test/harness/process.hpp"

namespace jobpod::test {
namespace {

constexpr UINT kKilled = 128 + 9;

Handle OpenInherited(const std::string& path, DWORD access, DWORD disposition) {
  SECURITY_ATTRIBUTES inherited{sizeof inherited, nullptr, TRUE};
  Handle file(CreateFileW(Wide(path).c_str(), access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                          &inherited, disposition, FILE_ATTRIBUTE_NORMAL, nullptr));
  if (!file) SetUpFailed(Concat("open ", path, ": error ", GetLastError()));
  return file;
}

// The attributes of a process that gets two handles and no more: others may be opened meanwhile.
class HandleList {
 public:
  explicit HandleList(std::array<HANDLE, 2> handles) : handles_(handles) {
    SIZE_T size = 0;
    InitializeProcThreadAttributeList(nullptr, 1, 0, &size);
    space_.resize(size);
    InitializeProcThreadAttributeList(get(), 1, 0, &size);
    UpdateProcThreadAttribute(get(), 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, handles_.data(), sizeof handles_,
                              nullptr, nullptr);
  }
  ~HandleList() { DeleteProcThreadAttributeList(get()); }
  HandleList(const HandleList&) = delete;
  HandleList& operator=(const HandleList&) = delete;
  LPPROC_THREAD_ATTRIBUTE_LIST get() { return reinterpret_cast<LPPROC_THREAD_ATTRIBUTE_LIST>(space_.data()); }

 private:
  std::array<HANDLE, 2> handles_;
  std::string space_;
};

// Wine loses a process now and then before it has begun, and says only this; nothing of it has run, so it is made again.
bool Create(std::wstring line, STARTUPINFOEXW& startup, PROCESS_INFORMATION& born) {
  const auto once = [&] {
    return CreateProcessW(nullptr, line.data(), nullptr, nullptr, TRUE,
                          EXTENDED_STARTUPINFO_PRESENT | CREATE_NO_WINDOW, nullptr, nullptr, &startup.StartupInfo, &born);
  };
  return once() || (GetLastError() == ERROR_INTERNAL_ERROR && once());
}

// A console of its own keeps a Ctrl-C from the daemons: their owner ends them. Not a process group: to Wine its members
// are deaf to every event.
PROCESS_INFORMATION Spawn(const std::vector<std::string>& command, const std::string& output) {
  const Handle input = OpenInherited("NUL", GENERIC_READ, OPEN_EXISTING);
  const Handle file = OpenInherited(output, FILE_APPEND_DATA | SYNCHRONIZE, OPEN_ALWAYS);
  HandleList handles({input.get(), file.get()});
  STARTUPINFOEXW startup{};
  startup.StartupInfo.cb = sizeof startup;
  startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
  startup.StartupInfo.hStdInput = input.get();
  startup.StartupInfo.hStdOutput = startup.StartupInfo.hStdError = file.get();
  startup.lpAttributeList = handles.get();
  const auto line = JoinCommandLine(command);
  if (!line.ok()) SetUpFailed(Concat("start ", command[0], ": ", Message(line.status())));
  PROCESS_INFORMATION born{};
  if (!Create(Wide(*line), startup, born)) {
    SetUpFailed(Concat("start ", command[0], ": error ", GetLastError()));
  }
  const Handle thread(born.hThread);
  return born;
}

class WindowsChild : public Child {
 public:
  explicit WindowsChild(const PROCESS_INFORMATION& born)
      : pid_(static_cast<int32_t>(born.dwProcessId)), process_(born.hProcess) {}
  pid_t pid() const override { return pid_; }
  void Signal(int signal) override {
    RaiseConsoleEvent(nullptr, {pid_}, signal == SIGINT ? CTRL_C_EVENT : CTRL_BREAK_EVENT).IgnoreError();
  }
  void Kill() override { TerminateProcess(process_.get(), kKilled); }
  std::optional<int> Wait(Milliseconds bound) override {
    const auto milliseconds = static_cast<DWORD>(bound.count());
    if (WaitForSingleObject(process_.get(), milliseconds) != WAIT_OBJECT_0) return std::nullopt;
    DWORD code = 0;
    GetExitCodeProcess(process_.get(), &code);
    return static_cast<int>(code);
  }

 private:
  const int32_t pid_;
  const Handle process_;
};

}  // namespace

std::unique_ptr<Child> Child::Start(const std::vector<std::string>& command, const std::string& output) {
  return std::make_unique<WindowsChild>(Spawn(command, output));
}

}  // namespace jobpod::test
