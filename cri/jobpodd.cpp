// The daemon's main.
#include <fmt/format.h>

#include <cstdio>

#include "cri/config.hpp"
#include "cri/daemon.hpp"
#include "cri/daemon_options.hpp"
#include "cri/process.hpp"

namespace jobpod {
namespace {

int Report(const Status& status) {
  if (status.ok()) return 0;
  Say(stderr, Concat("jobpodd: ", Message(status), "\n"));
  return 1;
}

Status Serve(const DaemonOptions& options, ServiceManager& manager) {
  ASSIGN_OR_RETURN(DaemonConfig config, LoadConfig(options.file, options.flags));
  if (config.shim.empty()) config.shim = BesideThisProgram(kHostDefaults.shim);
  return RunDaemon(config, manager);
}

Status Check(const DaemonOptions& options) {
  const std::string file = options.file.value_or(kHostDefaults.config_file);
  RETURN_IF_ERROR(LoadConfig(file, options.flags).status());
  fmt::print("{} is good\n", file);
  return absl::OkStatus();
}

Status Act(const DaemonOptions& options) {
  switch (options.action) {
    case DaemonOptions::Action::kServe:
      return Serve(options, *OrdinaryManager());
    case DaemonOptions::Action::kCheck:
      return Check(options);
    case DaemonOptions::Action::kService:
      return options.service(options, [&](ServiceManager& manager) { return Serve(options, manager); });
    case DaemonOptions::Action::kPrintDefault:
      fmt::print("{}", DefaultConfigText());
      break;
    case DaemonOptions::Action::kShow:
      fmt::print("{}", options.text);
      break;
  }
  return absl::OkStatus();
}

int Main(const Arguments& arguments) {
  const StatusOr<DaemonOptions> options = ParseDaemonOptions(arguments.count(), arguments.data());
  return Report(options.ok() ? Act(*options) : options.status());
}

}  // namespace
}  // namespace jobpod

int main(int count, char** arguments) {
  jobpod::PrepareProcess();
  return jobpod::Main(jobpod::Arguments(count, arguments));
}
