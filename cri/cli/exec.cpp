// jobpod exec: another command in a container that runs.
#include <CLI/CLI.hpp>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/remote_session.hpp"

namespace jobpod::cli {
namespace {

struct Options {
  std::string id;
  std::vector<std::string> command;
  bool input = false, terminal = false;
};

StatusOr<std::string> Ask(const Client& client, const Options& options) {
  cri::ExecRequest request;
  ASSIGN_OR_RETURN(*request.mutable_container_id(), FindContainer(client, options.id));
  request.mutable_cmd()->Add(options.command.begin(), options.command.end());
  request.set_stdin(options.input);
  request.set_tty(options.terminal);
  request.set_stdout(true);
  request.set_stderr(!options.terminal);
  grpc::ClientContext context;
  SetDeadline(context);
  cri::ExecResponse response;
  RETURN_IF_ERROR(FromGrpc(client.runtime->Exec(&context, request, &response)));
  return response.url();
}

StatusOr<int> Exec(const Globals& globals, const Options& options) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const std::string url, Ask(client, options));
  bool printed = false;
  ASSIGN_OR_RETURN(const SessionEnd end,
                   RunSession({.url = url, .input = options.input, .terminal = options.terminal}, printed));
  return end.how == SessionEnd::How::kSignaled ? kInterrupted : end.exit_code;
}

}  // namespace

void AddExec(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* exec = app.add_subcommand("exec", "Run a command in a running container");
  exec->footer(
      "The exit code is the command's; 125 = jobpod itself failed. Ctrl-C ends the command and all it has started.\n"
      "Example: jobpod exec -it web -- sh");
  const auto options = std::make_shared<Options>();
  exec->add_option("id", options->id, "Container or pod: id, unique prefix or name")->required();
  exec->add_option("command", options->command, "The command and its arguments, behind --")->required();
  exec->add_flag("-i,--stdin", options->input, "Pass this program's standard input on");
  exec->add_flag("-t,--tty", options->terminal, "Give the command a terminal; with -i it is this one");
  exec->callback([&globals, &action, options] {
    action = [&globals, options] {
      const StatusOr<int> code = Exec(globals, *options);
      return code.ok() ? *code : Report(code.status(), kOwnFailure);
    };
  });
}

}  // namespace jobpod::cli
