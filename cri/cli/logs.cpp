// jobpod logs: what a container has written.
#include <CLI/CLI.hpp>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/follow.hpp"
#include "cri/cli/interrupt.hpp"
#include "cri/cli/log_tail.hpp"

namespace jobpod::cli {
namespace {

Status PrintOnce(const Client& client, const std::string& container_id) {
  ASSIGN_OR_RETURN(const auto status, ContainerStatus(client, container_id));
  if (status.log_path().empty()) {
    return absl::FailedPreconditionError(Concat("container ", container_id, " was created without a log"));
  }
  ASSIGN_OR_RETURN(LogTail tail, LogTail::Open(status.log_path()));
  return tail.Drain(PrintLogLine).status();
}

Status Logs(const Globals& globals, const std::string& id, bool follow) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const std::string container, FindContainer(client, id));
  if (!follow) return PrintOnce(client, container);
  const OnInterrupt leave([](int) { std::_Exit(130); });  // nothing to undo
  return Follow(client, container).status();
}

}  // namespace

void AddLogs(CLI::App& app, const Globals& globals, Action& action) {
  struct Options {
    std::string id;
    bool follow = false;
  };
  CLI::App* logs = app.add_subcommand("logs", "Print what a container has written");
  const auto options = std::make_shared<Options>();
  logs->add_option("id", options->id, "Container or pod: id, unique prefix or name")->required();
  logs->add_flag("-f,--follow", options->follow, "Go on until the container ends");
  logs->callback([&globals, &action, options] {
    action = [&globals, options] { return Report(Logs(globals, options->id, options->follow)); };
  });
}

}  // namespace jobpod::cli
