// jobpod stop: ends a container or a whole pod, which stay listed.
#include <CLI/CLI.hpp>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"

namespace jobpod::cli {
namespace {

Status StopContainer(const Client& client, const std::string& id, int64_t timeout) {
  grpc::ClientContext context;
  cri::StopContainerRequest request;
  request.set_container_id(id);
  request.set_timeout(timeout);
  cri::StopContainerResponse response;
  return FromGrpc(client.runtime->StopContainer(&context, request, &response));
}

Status StopPod(const Client& client, const std::string& id, int64_t timeout) {
  ASSIGN_OR_RETURN(const auto containers, ListContainers(client, id));
  for (const cri::Container& container : containers) {
    RETURN_IF_ERROR(StopContainer(client, container.id(), timeout));
  }
  grpc::ClientContext context;
  cri::StopPodSandboxRequest request;
  request.set_pod_sandbox_id(id);
  cri::StopPodSandboxResponse response;
  return FromGrpc(client.runtime->StopPodSandbox(&context, request, &response));
}

Status Stop(const Globals& globals, const std::string& id, int64_t timeout) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const Target target, FindTarget(client, id));
  return target.is_pod ? StopPod(client, target.id, timeout) : StopContainer(client, target.id, timeout);
}

}  // namespace

void AddStop(CLI::App& app, const Globals& globals, Action& action) {
  struct Options {
    std::vector<std::string> ids;
    int64_t timeout = 10;
  };
  CLI::App* stop = app.add_subcommand("stop", "Stop containers or pods");
  const auto options = std::make_shared<Options>();
  stop->add_option("id", options->ids, "Containers or pods: id, unique prefix or name")->required();
  stop->add_option("-t,--timeout", options->timeout, "Seconds before the whole tree is killed")
      ->check(CLI::Range(0, 86400))
      ->capture_default_str();
  stop->callback([&globals, &action, options] {
    action = [&globals, options] {
      return ReportEach(options->ids, [&](const std::string& id) { return Stop(globals, id, options->timeout); });
    };
  });
}

}  // namespace jobpod::cli
