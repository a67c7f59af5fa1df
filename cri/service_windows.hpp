// The service "jobpod" and the service control manager.
#pragma once

#include "cri/daemon_options.hpp"

namespace jobpod {

inline constexpr wchar_t kServiceName[] = L"jobpod";

// Beside the default root, and below any other: private directories both.
std::string ServiceLogFile(const std::string& root);

// What the manager starts: this program with the same options, a relative path of the configuration made a full one.
StatusOr<std::string> ServiceCommandLine(const DaemonOptions& options);

// Registers it, to be started with the system and anew when it has failed; and this program as the source of its entries
// in the event log. Changes what is registered already. An error of the configuration registers nothing.
// PermissionDenied without an elevated administrator.
Status InstallService(const DaemonOptions& options);

// Stops the service and removes both. Missing is OK.
Status RemoveService();

// For the process the manager has started: runs `serve` until the service is stopped. FailedPrecondition when it was
// not the manager.
Status RunService(const DaemonOptions::Serve& serve);

}  // namespace jobpod
