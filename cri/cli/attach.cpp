// jobpod attach: the streams of a container that runs.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "cri/cli/attach_session.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/follow.hpp"

namespace jobpod::cli {
namespace {

struct Options {
  std::string id;
  bool input = false, terminal = false;
};

// The end of the stream is the container's, or that of the input which let go of it.
StatusOr<int> CodeAtEnd(const Client& client, const std::string& id, bool input) {
  ASSIGN_OR_RETURN(const auto status, input ? WaitForExit(client, id, std::chrono::seconds(1))
                                            : WaitForExit(client, id));
  return status.state() == cri::CONTAINER_EXITED ? status.exit_code() : 0;
}

StatusOr<int> AttachTo(const Globals& globals, const Options& options) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const std::string id, FindContainer(client, options.id));
  bool printed = false;
  ASSIGN_OR_RETURN(const SessionEnd end,
                   Attach(client, {.container_id = id, .input = options.input, .terminal = options.terminal}, printed));
  switch (end.how) {
    case SessionEnd::How::kSignaled:
      return kInterrupted;
    case SessionEnd::How::kDetached:
      fmt::print(stderr, "jobpod: detached; the container goes on\n");
      return 0;
    case SessionEnd::How::kEnded:
      break;
  }
  return CodeAtEnd(client, id, options.input);
}

}  // namespace

void AddAttach(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* attach = app.add_subcommand("attach", "Join the streams of a running container");
  attach->footer(
      "Shows the output from now on; Ctrl-C (with -it: Ctrl-P Ctrl-Q) leaves without harm to the container. The exit "
      "code is the container's when it ends; 125 = jobpod itself failed.");
  const auto options = std::make_shared<Options>();
  attach->add_option("id", options->id, "Container or pod: id, unique prefix or name")->required();
  attach->add_flag("-i,--stdin", options->input, "Pass this program's standard input on");
  attach->add_flag("-t,--tty", options->terminal, "The container has a terminal; with -i this one goes over to it");
  attach->callback([&globals, &action, options] {
    action = [&globals, options] {
      const StatusOr<int> code = AttachTo(globals, *options);
      return code.ok() ? *code : Report(code.status(), kOwnFailure);
    };
  });
}

}  // namespace jobpod::cli
