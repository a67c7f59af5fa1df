// The daemon's main.
#include <fmt/format.h>

#include <cstdio>

#include "cri/config.hpp"
#include "cri/daemon.hpp"
#include "cri/daemon_options.hpp"
#include "cri/process.hpp"

namespace jobpod {
namespace {

int Fail(const Status& status) {
  fmt::print(stderr, "jobpodd: {}\n", Message(status));
  return 1;
}

int Serve(const DaemonOptions& options) {
  StatusOr<DaemonConfig> config = LoadConfig(options.file, options.flags);
  if (!config.ok()) return Fail(config.status());
  if (config->shim.empty()) config->shim = BesideThisProgram("jobpod-shim");
  const Status ended = RunDaemon(*config, WaitForEndSignal);
  return ended.ok() ? 0 : Fail(ended);
}

int Check(const DaemonOptions& options) {
  const std::string file = options.file.value_or(kDefaultConfigFile);
  const StatusOr<DaemonConfig> config = LoadConfig(file, options.flags);
  if (!config.ok()) return Fail(config.status());
  fmt::print("{} is good\n", file);
  return 0;
}

int Main(int count, char** arguments) {
  const StatusOr<DaemonOptions> options = ParseDaemonOptions(count, arguments);
  if (!options.ok()) return Fail(options.status());
  switch (options->action) {
    case DaemonOptions::Action::kServe:
      return Serve(*options);
    case DaemonOptions::Action::kCheck:
      return Check(*options);
    case DaemonOptions::Action::kPrintDefault:
      fmt::print("{}", DefaultConfigText());
      return 0;
    case DaemonOptions::Action::kShow:
      fmt::print("{}", options->text);
      return 0;
  }
  return 1;
}

}  // namespace
}  // namespace jobpod

int main(int count, char** arguments) {
  jobpod::PrepareProcess();
  return jobpod::Main(count, arguments);
}
