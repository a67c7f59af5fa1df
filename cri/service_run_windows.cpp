#include "base/handle_windows.hpp"
#include "base/win32_windows.hpp"
#include "cri/event_log_windows.hpp"
#include "cri/host_defaults.hpp"
#include "cri/service_windows.hpp"

#include <atomic>
#include <mutex>

namespace jobpod {
namespace {

constexpr DWORD kStartHint = 60'000, kStopHint = 10'000;  // ms the manager waits before it takes us for hung
constexpr DWORD kStops = SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN;
constexpr DWORD kFailed = 1;                              // our only specific exit code; the event log says more

class Service final : public ServiceManager {
 public:
  explicit Service(const DaemonOptions::Serve& serve)
      : serve_(serve), end_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}

  // Comes back when the service has stopped.
  Status Run() {
    wchar_t name[std::size(kServiceName)];
    std::copy(std::begin(kServiceName), std::end(kServiceName), name);
    // Somebody who logs off does not end a service.
    SetConsoleCtrlHandler([](DWORD event) -> BOOL { return event == CTRL_LOGOFF_EVENT; }, TRUE);
    const SERVICE_TABLE_ENTRYW table[] = {{name, ServiceMain}, {nullptr, nullptr}};
    Current() = this;
    if (StartServiceCtrlDispatcherW(table)) return ended_;
    if (GetLastError() != ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) return LastErrorStatus("run as a service");
    return absl::FailedPreconditionError(
        "service run is for the service control manager: use sc.exe start jobpod; in a console use jobpodd.exe alone");
  }

  std::string LogFile(const std::string& root) const override { return ServiceLogFile(root); }
  void Ready() override {
    Tell(SERVICE_RUNNING);
    LogEvent(EventKind::kInformation, "jobpodd is ready");
  }
  void WaitForEnd() override { WaitForSingleObject(end_.get(), INFINITE); }
  void Stopping() override { Tell(SERVICE_STOP_PENDING); }
  void Left() override { Tell(SERVICE_STOPPED); }

 private:
  // The manager's thread gets no argument from us.
  static Service*& Current() {
    static Service* current = nullptr;
    return current;
  }

  static void WINAPI ServiceMain(DWORD, LPWSTR*) { Current()->Main(); }

  static DWORD WINAPI OnControl(DWORD control, DWORD, void*, void* context) {
    auto* self = static_cast<Service*>(context);
    switch (control) {
      case SERVICE_CONTROL_STOP:
      case SERVICE_CONTROL_SHUTDOWN:
        self->Tell(SERVICE_STOP_PENDING);
        SetEvent(self->end_.get());
        return NO_ERROR;
      case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
      default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
  }

  void Main() {
    handle_ = RegisterServiceCtrlHandlerExW(kServiceName, OnControl, this);
    Tell(SERVICE_START_PENDING);
    ended_ = serve_(*this);
    if (ended_.ok()) {
      LogEvent(EventKind::kInformation, "jobpodd has stopped; pods go on");
    } else {
      LogEvent(EventKind::kError, Message(ended_));
    }
    Tell(SERVICE_STOPPED);
  }

  // States go one way only, on whichever thread: starting, running, stopping, stopped.
  void Tell(DWORD state) {
    const std::lock_guard lock(mutex_);
    if (Order(state) < Order(status_.dwCurrentState)) return;
    const bool pending = state == SERVICE_START_PENDING || state == SERVICE_STOP_PENDING;
    status_.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status_.dwCurrentState = state;
    status_.dwControlsAccepted = Order(state) < Order(SERVICE_STOP_PENDING) ? kStops : 0;
    status_.dwCheckPoint = pending ? status_.dwCheckPoint + 1 : 0;
    status_.dwWaitHint = state == SERVICE_START_PENDING ? kStartHint : pending ? kStopHint : 0;
    if (state == SERVICE_STOPPED && !ended_.ok()) {
      status_.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
      status_.dwServiceSpecificExitCode = kFailed;
    }
    SetServiceStatus(handle_, &status_);
  }

  static int Order(DWORD state) {
    switch (state) {
      case SERVICE_START_PENDING:
        return 1;
      case SERVICE_RUNNING:
        return 2;
      case SERVICE_STOP_PENDING:
        return 3;
      case SERVICE_STOPPED:
        return 4;
      default:
        return 0;  // none told yet
    }
  }

  const DaemonOptions::Serve& serve_;
  const Handle end_;
  std::atomic<SERVICE_STATUS_HANDLE> handle_ = nullptr;
  std::mutex mutex_;
  SERVICE_STATUS status_{};  // as told last
  Status ended_;
};

}  // namespace

std::string ServiceLogFile(const std::string& root) {
  return root == kHostDefaults.root ? "C:\\ProgramData\\jobpod\\logs\\jobpodd.log" : Below(root, "logs\\jobpodd.log");
}

Status RunService(const DaemonOptions::Serve& serve) {
  return Service(serve).Run();
}

}  // namespace jobpod
