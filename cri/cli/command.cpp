#include "cri/cli/command.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

namespace jobpod::cli {
namespace {

void AddGlobals(CLI::App& app, Globals& globals) {
  app.add_option("--address", globals.address, "Where jobpodd listens")
      ->envname("JOBPOD_ADDRESS")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--output", [&globals](const std::string& form) { globals.json = form == "json"; }, "text or json")
      ->check(CLI::IsMember({"text", "json"}));
}

void AddCommands(CLI::App& app, const Globals& globals, Action& action) {
  AddRun(app, globals, action);
  AddPs(app, globals, action);
  AddLogs(app, globals, action);
  AddExec(app, globals, action);
  AddAttach(app, globals, action);
  AddStop(app, globals, action);
  AddRemove(app, globals, action);
  AddImage(app, globals, action);
  AddDoctor(app, globals, action);
  for (CLI::App* command : app.get_subcommands({})) command->fallthrough();
}

// The help of the innermost command that was named.
std::string HelpOf(const CLI::App& app) {
  const CLI::App* chosen = &app;
  std::string before;
  for (auto inner = chosen->get_subcommands(); !inner.empty(); inner = chosen->get_subcommands()) {
    before += Concat(before.empty() ? "" : " ", chosen->get_name());
    chosen = inner.front();
  }
  return chosen->help(before);
}

// What is wrong with the arguments, and what to do.
std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  const auto chosen = app.get_subcommands();
  const std::vector<std::string> rest = app.remaining();
  if (chosen.empty() && !rest.empty() && !rest.front().starts_with('-'))
    return Concat("there is no command \"", rest.front(), "\"; see jobpod --help");
  if (chosen.empty()) return Concat(error.what(), "; see jobpod --help");
  const std::string name = chosen.front()->get_name();
  std::string text = error.what();
  if (name == "run" && dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr)
    text += "; the command's own options go behind --: jobpod run IMAGE -- COMMAND";
  return Concat(text, "; see jobpod ", name, " --help");
}

// The commands that pass an exit code on have one of their own for what they cannot do.
bool PassesCodeOn(int count, const char* const* arguments) {
  return std::any_of(arguments, arguments + count, [](const std::string_view word) {
    return word == "run" || word == "exec" || word == "attach";
  });
}

}  // namespace

int Report(const Status& status, int code) {
  if (status.ok()) return 0;
  fmt::print(stderr, "jobpod: {}\n", Message(status));
  return code;
}

int ReportEach(const std::vector<std::string>& ids, const std::function<Status(const std::string&)>& one) {
  int code = 0;
  for (const std::string& id : ids) code = std::max(code, Report(one(id)));
  return code;
}

int Main(int count, const char* const* arguments) {
  Globals globals;
  Action action;
  CLI::App app("jobpod runs and looks after HostProcess pods; it talks to jobpodd.", "jobpod");
  app.set_version_flag("--version", "jobpod " JOBPOD_VERSION);
  app.allow_windows_style_options(false);  // a path may begin with a slash
  app.require_subcommand(1);
  AddGlobals(app, globals);
  AddCommands(app, globals, action);
  try {
    app.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", HelpOf(app));
    return 0;
  } catch (const CLI::CallForVersion&) {
    fmt::print("jobpod " JOBPOD_VERSION "\n");
    return 0;
  } catch (const CLI::ParseError& error) {
    return Report(absl::InvalidArgumentError(Explain(app, error)),
                  PassesCodeOn(count, arguments) ? kOwnFailure : 1);
  }
  return action();
}

}  // namespace jobpod::cli
