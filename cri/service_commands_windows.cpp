#include "cri/service_commands.hpp"

#include <CLI/CLI.hpp>

#include "cri/service_windows.hpp"

namespace jobpod {
namespace {

using Serve = DaemonOptions::Serve;

CLI::App* Add(CLI::App& service, DaemonOptions& options, const char* verb, const char* help,
              std::function<Status(const DaemonOptions&, const Serve&)> action) {
  CLI::App* command = service.add_subcommand(verb, help);
  command->fallthrough();
  command->callback([&options, action = std::move(action)] {
    options.action = DaemonOptions::Action::kService;
    options.service = action;
  });
  return command;
}

}  // namespace

void AddServiceCommands(CLI::App& app, DaemonOptions& options) {
  CLI::App* service = app.add_subcommand("service", "Be a service of Windows");
  service->require_subcommand(1);
  service->fallthrough();
  Add(*service, options, "install", "Register this program with the options given, started with the system",
      [](const DaemonOptions& chosen, const Serve&) { return InstallService(chosen); });
  Add(*service, options, "remove", "Stop the service and take it out again; pods go on",
      [](const DaemonOptions&, const Serve&) { return RemoveService(); });
  Add(*service, options, "run", "What the service control manager starts",
      [](const DaemonOptions&, const Serve& serve) { return RunService(serve); });
}

}  // namespace jobpod
