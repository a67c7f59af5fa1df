#include <filesystem>

#include "base/log.hpp"
#include "base/win32_windows.hpp"
#include "cri/config.hpp"
#include "cri/event_log_windows.hpp"
#include "cri/process.hpp"
#include "cri/service_handle_windows.hpp"
#include "cri/service_windows.hpp"
#include "runtime/windows_command_line.hpp"

namespace jobpod {
namespace {

constexpr wchar_t kDisplayName[] = L"Jobpod container runtime";
constexpr wchar_t kDescription[] =
    L"Runs HostProcess pods for the kubelet (CRI). Pods go on while it is stopped.";
constexpr DWORD kStopPatience = 30'000, kStopPause = 100;  // ms
constexpr DWORD kForget = 86'400;                          // s without a failure after which the count begins anew

StatusOr<ServiceHandle> OpenManager(DWORD access) {
  ServiceHandle manager(OpenSCManagerW(nullptr, nullptr, access));
  if (manager) return manager;
  if (GetLastError() != ERROR_ACCESS_DENIED) return LastErrorStatus("open the service control manager");
  return absl::PermissionDeniedError(
      "services are the administrators' matter; run it in an elevated prompt (Run as administrator)");
}

// Failed, it is started again: at once, then with pauses.
Status SetFailureActions(SC_HANDLE service) {
  SC_ACTION actions[] = {{SC_ACTION_RESTART, 1'000}, {SC_ACTION_RESTART, 5'000}, {SC_ACTION_RESTART, 30'000}};
  SERVICE_FAILURE_ACTIONSW failure{};
  failure.dwResetPeriod = kForget;
  failure.cActions = std::size(actions);
  failure.lpsaActions = actions;
  SERVICE_FAILURE_ACTIONS_FLAG also_errors{TRUE};  // not only when it has crashed
  if (ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS, &failure) &&
      ChangeServiceConfig2W(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_errors)) {
    return absl::OkStatus();
  }
  if (GetLastError() == ERROR_INVALID_LEVEL) {
    log::warn("this system (Wine) does not start failed services again");
    return absl::OkStatus();
  }
  return LastErrorStatus("set what happens when the service jobpod fails");
}

Status CreateError() {
  if (GetLastError() != ERROR_SERVICE_MARKED_FOR_DELETE) return LastErrorStatus("create the service jobpod");
  return absl::FailedPreconditionError(
      "the service jobpod is still being removed: close what looks at it (services.msc, Task Manager, Event Viewer), or "
      "restart the machine, and install again");
}

StatusOr<ServiceHandle> CreateOrChange(SC_HANDLE manager, const std::wstring& line) {
  ServiceHandle service(CreateServiceW(manager, kServiceName, kDisplayName, SERVICE_ALL_ACCESS,
                                       SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                       line.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr));
  if (service) return service;
  if (GetLastError() != ERROR_SERVICE_EXISTS) return CreateError();
  service.reset(OpenServiceW(manager, kServiceName, SERVICE_ALL_ACCESS));
  if (service && ChangeServiceConfigW(service.get(), SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START,
                                      SERVICE_ERROR_NORMAL, line.c_str(), nullptr, nullptr, nullptr, nullptr, nullptr,
                                      kDisplayName)) {
    return service;
  }
  return LastErrorStatus("change the service jobpod");
}

// A service that begins to start, or stops already, takes no order: its state is looked at again.
Status Stop(SC_HANDLE service) {
  for (DWORD waited = 0; waited < kStopPatience; waited += kStopPause) {
    SERVICE_STATUS status{};
    if (!QueryServiceStatus(service, &status)) return LastErrorStatus("ask after the service jobpod");
    if (status.dwCurrentState == SERVICE_STOPPED) return absl::OkStatus();
    if (status.dwCurrentState != SERVICE_STOP_PENDING && !ControlService(service, SERVICE_CONTROL_STOP, &status) &&
        GetLastError() != ERROR_SERVICE_CANNOT_ACCEPT_CTRL && GetLastError() != ERROR_SERVICE_NOT_ACTIVE) {
      return LastErrorStatus("stop the service jobpod");
    }
    Sleep(kStopPause);
  }
  return absl::DeadlineExceededError("the service jobpod does not stop; see the event log");
}

}  // namespace

// The service's current directory is not the one of whoever installs it.
StatusOr<std::string> ServiceCommandLine(const DaemonOptions& options) {
  std::vector<std::string> words = {BesideThisProgram("jobpodd.exe"), "service", "run"};
  if (options.file) {
    std::error_code error;
    const std::filesystem::path file = std::filesystem::absolute(Wide(*options.file), error);
    if (error) return absl::InvalidArgumentError(Concat(*options.file, " is not the path of a file"));
    words.insert(words.end(), {"--config", Utf8(file.wstring())});
  }
  for (const auto& [flag, value] : options.flags) words.insert(words.end(), {flag, value});
  return JoinCommandLine(words);
}

Status InstallService(const DaemonOptions& options) {
  RETURN_IF_ERROR(LoadConfig(options.file, options.flags).status());
  ASSIGN_OR_RETURN(const std::string line, ServiceCommandLine(options));
  ASSIGN_OR_RETURN(const ServiceHandle manager, OpenManager(SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE));
  RETURN_IF_ERROR(RegisterEventSource());
  ASSIGN_OR_RETURN(const ServiceHandle service, CreateOrChange(manager.get(), Wide(line)));
  std::wstring words = kDescription;
  SERVICE_DESCRIPTIONW description{words.data()};
  ChangeServiceConfig2W(service.get(), SERVICE_CONFIG_DESCRIPTION, &description);
  return SetFailureActions(service.get());
}

Status RemoveService() {
  ASSIGN_OR_RETURN(const ServiceHandle manager, OpenManager(SC_MANAGER_CONNECT));
  const ServiceHandle service(OpenServiceW(manager.get(), kServiceName, SERVICE_STOP | SERVICE_QUERY_STATUS | DELETE));
  if (!service && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return absl::OkStatus();
  if (!service) return LastErrorStatus("open the service jobpod");
  RETURN_IF_ERROR(Stop(service.get()));
  UnregisterEventSource();
  if (DeleteService(service.get()) || GetLastError() == ERROR_SERVICE_MARKED_FOR_DELETE) return absl::OkStatus();
  return LastErrorStatus("remove the service jobpod");
}

}  // namespace jobpod
