#include "cri/service_commands.hpp"

#include <CLI/CLI.hpp>

#include "cri/installation_windows.hpp"
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

void AddPrepare(CLI::App& service, DaemonOptions& options) {
  const auto places = std::make_shared<InstallationPlaces>();
  CLI::App* prepare = Add(service, options, "prepare", "Make an installation's directories, for administrators only",
                          [places](const DaemonOptions&, const Serve&) { return PrepareInstallation(*places); });
  prepare->add_option("--programs", places->programs, "Where the programs go")->type_name("DIRECTORY")->required();
  prepare->add_option("--data", places->data, "Where configuration, state and logs go; a config.toml that is there stays")
      ->type_name("DIRECTORY")
      ->required();
}

void AddRemove(CLI::App& service, DaemonOptions& options) {
  const auto data = std::make_shared<std::string>();
  CLI::App* remove = Add(service, options, "remove", "Stop the service and take it out again; pods go on",
                         [data](const DaemonOptions&, const Serve&) {
                           const Status removed = RemoveService();
                           return removed.ok() && !data->empty() ? EraseData(*data) : removed;
                         });
  remove->add_option("--data", *data, "Also remove this directory: configuration, images, logs")->type_name("DIRECTORY");
}

}  // namespace

void AddServiceCommands(CLI::App& app, DaemonOptions& options) {
  CLI::App* service = app.add_subcommand("service", "Be a service of Windows");
  service->require_subcommand(1);
  service->fallthrough();
  AddPrepare(*service, options);
  Add(*service, options, "install", "Register this program with the options given, started with the system",
      [](const DaemonOptions& chosen, const Serve&) { return InstallService(chosen); });
  AddRemove(*service, options);
  Add(*service, options, "run", "What the service control manager starts",
      [](const DaemonOptions&, const Serve& serve) { return RunService(serve); });
}

}  // namespace jobpod
