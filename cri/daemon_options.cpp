#include "cri/daemon_options.hpp"

#include <CLI/CLI.hpp>

#include "cri/config.hpp"
#include "cri/service_commands.hpp"

namespace jobpod {
namespace {

constexpr const char* kAbout =
    "jobpodd runs HostProcess pods for kubelet and crictl: it serves CRI v1 at a local endpoint, pulls OCI images "
    "and starts containers as plain host processes in jobs. Pods go on when it ends.";

void AddFlags(CLI::App& app, DaemonOptions& options) {
  app.add_option("--config", options.file,
                 Concat("Configuration file; default ", kHostDefaults.config_file, " if it is there"))
      ->type_name("FILE");
  for (const ConfigKey& key : ConfigKeys()) {
    if (!key.flag) continue;
    const std::string flag = key.flag;
    const auto keep = [&options, flag](const std::string& value) { options.flags[flag] = value; };
    app.add_option_function<std::string>(flag, keep, Concat(key.help, " Overrides ", KeyName(key), "."))
        ->type_name("VALUE");
  }
}

void AddConfigCommands(CLI::App& app, DaemonOptions& options) {
  CLI::App* config = app.add_subcommand("config", "Look at configurations");
  config->require_subcommand(1);
  config->fallthrough();  // the daemon's options may stand behind a command as well as before it
  config->add_subcommand("default", "Print the default configuration with its explanations")
      ->callback([&options] { options.action = DaemonOptions::Action::kPrintDefault; });
  CLI::App* check =
      config->add_subcommand("check", "Check a configuration file and say what is wrong with it");
  check->fallthrough();
  check->add_option("file", options.file, Concat("The file; default ", kHostDefaults.config_file));
  check->callback([&options] { options.action = DaemonOptions::Action::kCheck; });
}

DaemonOptions Show(std::string text) {
  DaemonOptions options;
  options.action = DaemonOptions::Action::kShow;
  options.text = std::move(text);
  return options;
}

}  // namespace

StatusOr<DaemonOptions> ParseDaemonOptions(int count, const char* const* arguments) {
  DaemonOptions options;
  CLI::App app(kAbout, "jobpodd");
  app.allow_windows_style_options(false);  // a path may begin with a slash
  app.set_version_flag("--version", "jobpodd " JOBPOD_VERSION);
  AddFlags(app, options);
  AddConfigCommands(app, options);
  AddServiceCommands(app, options);
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    const auto chosen = app.get_subcommands();
    return Show(chosen.empty() ? app.help() : chosen.front()->help());
  } catch (const CLI::CallForVersion&) {
    return Show("jobpodd " JOBPOD_VERSION "\n");
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(Concat(error.what(), "; see jobpodd --help"));
  }
  return options;
}

}  // namespace jobpod
