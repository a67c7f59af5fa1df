// jobpod rm: removes a container, or a pod with everything in it.
#include <CLI/CLI.hpp>

#include <algorithm>

#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"

namespace jobpod::cli {
namespace {

Status RemoveContainer(const Client& client, const std::string& id) {
  grpc::ClientContext context;
  cri::RemoveContainerRequest request;
  request.set_container_id(id);
  cri::RemoveContainerResponse response;
  return FromGrpc(client.runtime->RemoveContainer(&context, request, &response));
}

// Pods of `jobpod run` hold one container and go with it.
StatusOr<bool> IsRunPod(const Client& client, const std::string& pod_id) {
  ASSIGN_OR_RETURN(const auto pods, ListPods(client));
  return std::ranges::any_of(pods, [&](const cri::PodSandbox& pod) {
    return pod.id() == pod_id && pod.labels().contains(kRunLabel);
  });
}

Status RefuseRunning(const Client& client, const Target& target) {
  ASSIGN_OR_RETURN(const auto containers, ListContainers(client, target.pod_id));
  for (const cri::Container& container : containers) {
    const bool meant = target.is_pod || container.id() == target.id;
    if (!meant || container.state() != cri::CONTAINER_RUNNING) continue;
    return absl::FailedPreconditionError(
        Concat("container ", container.id(), " is running; use jobpod stop first, or jobpod rm --force"));
  }
  return absl::OkStatus();
}

Status Remove(const Globals& globals, const std::string& id, bool force) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const Target target, FindTarget(client, id));
  if (!force) RETURN_IF_ERROR(RefuseRunning(client, target));
  ASSIGN_OR_RETURN(const bool run_pod, IsRunPod(client, target.pod_id));
  return target.is_pod || run_pod ? RemovePod(client, target.pod_id) : RemoveContainer(client, target.id);
}

Status RemoveAll(const Globals& globals, bool force) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(const auto pods, ListPods(client));
  for (const cri::PodSandbox& pod : pods) {
    if (!force) RETURN_IF_ERROR(RefuseRunning(client, {.is_pod = true, .id = pod.id(), .pod_id = pod.id()}));
    RETURN_IF_ERROR(RemovePod(client, pod.id()));
  }
  return absl::OkStatus();
}

}  // namespace

void AddRemove(CLI::App& app, const Globals& globals, Action& action) {
  struct Options {
    std::vector<std::string> ids;
    bool force = false;
    bool all = false;
  };
  CLI::App* rm = app.add_subcommand("rm", "Remove containers or pods, with the logs of jobpod run");
  const auto options = std::make_shared<Options>();
  auto* what = rm->add_option_group("what")->require_option(1);
  what->add_option("id", options->ids, "Containers or pods: id, unique prefix or name");
  what->add_flag("-a,--all", options->all, "Every pod");
  rm->add_flag("-f,--force", options->force, "Kill it when it is running");
  rm->callback([&globals, &action, options] {
    action = [&globals, options] {
      if (options->all) return Report(RemoveAll(globals, options->force));
      return ReportEach(options->ids, [&](const std::string& id) { return Remove(globals, id, options->force); });
    };
  });
}

}  // namespace jobpod::cli
