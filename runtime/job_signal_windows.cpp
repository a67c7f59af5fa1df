#include "runtime/job_signal_windows.hpp"

#include <csignal>

#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/console_host_windows.hpp"

namespace jobpod {
namespace {

constexpr int kHangUp = 1, kQuit = 3;
constexpr DWORD kAccess = PROCESS_CREATE_THREAD | PROCESS_QUERY_INFORMATION | PROCESS_VM_OPERATION |
                          PROCESS_VM_READ | PROCESS_VM_WRITE | SYNCHRONIZE;

// Where Windows itself begins a console event in a process. System libraries lie at the same address in every
// process of one machine type until the next boot.
LPTHREAD_START_ROUTINE Dispatcher() {
  for (const wchar_t* library : {L"kernelbase.dll", L"kernel32.dll"}) {
    const HMODULE module = GetModuleHandleW(library);
    const FARPROC found = module == nullptr ? nullptr : GetProcAddress(module, "CtrlRoutine");
    if (found != nullptr) return reinterpret_cast<LPTHREAD_START_ROUTINE>(reinterpret_cast<void*>(found));
  }
  return nullptr;
}

// A 32-bit process has its libraries elsewhere: the thread would run into nothing.
bool SameMachine(HANDLE process) {
  BOOL other = FALSE;
  return !IsWow64Process(process, &other) || !other;
}

bool IsOutside(HANDLE process, HANDLE job) {
  BOOL inside = FALSE;
  return job != nullptr && (!IsProcessInJob(process, job, &inside) || !inside);
}

bool HasEnded(HANDLE process) {
  return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

Status Raise(HANDLE job, int32_t pid, DWORD event, LPTHREAD_START_ROUTINE dispatcher) {
  const Handle process(OpenProcess(kAccess, FALSE, static_cast<DWORD>(pid)));
  if (!process && GetLastError() == ERROR_INVALID_PARAMETER) return absl::OkStatus();  // gone
  if (!process) return LastErrorStatus(Concat("open process ", pid, " to signal it"));
  if (IsOutside(process.get(), job)) return absl::OkStatus();
  const bool begun = !ImageOf(process.get()).empty();
  if (!begun || IsConsoleHost(process.get()) || HasEnded(process.get())) return absl::OkStatus();
  if (!SameMachine(process.get())) {
    return absl::UnimplementedError(Concat("process ", pid, " is a 32-bit one and cannot be signalled"));
  }
  const Handle thread(CreateRemoteThread(process.get(), nullptr, 0, dispatcher,
                                         reinterpret_cast<void*>(static_cast<uintptr_t>(event)), 0, nullptr));
  if (thread || HasEnded(process.get())) return absl::OkStatus();
  return LastErrorStatus(Concat("signal process ", pid));
}

}  // namespace

DWORD ConsoleEventFor(int signal) {
  if (signal == SIGINT) return CTRL_C_EVENT;
  if (signal == kHangUp || signal == kQuit) return CTRL_BREAK_EVENT;
  return CTRL_SHUTDOWN_EVENT;
}

Status RaiseConsoleEvent(HANDLE job, const std::vector<int32_t>& pids, DWORD event) {
  const LPTHREAD_START_ROUTINE dispatcher = Dispatcher();
  if (dispatcher == nullptr)
    return absl::UnimplementedError("this system has no dispatcher of console events");
  Status outcome;
  for (int32_t pid : pids) {
    if (Status raised = Raise(job, pid, event, dispatcher); !raised.ok()) outcome = raised;
  }
  return outcome;
}

}  // namespace jobpod
