// jobpod ps: pods' containers.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <map>
#include <nlohmann/json.hpp>

#include "base/clock.hpp"
#include "cri/cli/client.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/table.hpp"

namespace jobpod::cli {
namespace {

const char* StateName(cri::ContainerState state) {
  switch (state) {
    case cri::CONTAINER_CREATED:
      return "created";
    case cri::CONTAINER_RUNNING:
      return "running";
    case cri::CONTAINER_EXITED:
      return "exited";
    default:
      return "unknown";
  }
}

std::string ImageName(const cri::Container& container) {
  const std::string& asked = container.image().user_specified_image();
  return asked.empty() ? container.image().image() : asked;
}

void PrintJson(const std::vector<cri::Container>& containers) {
  nlohmann::json list = nlohmann::json::array();
  for (const cri::Container& container : containers) {
    list.push_back({{"id", container.id()},
                    {"name", container.metadata().name()},
                    {"pod", container.pod_sandbox_id()},
                    {"image", ImageName(container)},
                    {"imageId", container.image_id()},
                    {"state", StateName(container.state())},
                    {"createdAt", container.created_at()}});
  }
  // Names are the client's own bytes and may be no UTF-8.
  fmt::print("{}\n", list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

void PrintTable(const std::vector<cri::Container>& containers, const std::vector<cri::PodSandbox>& pods) {
  std::map<std::string, std::string> names;
  for (const cri::PodSandbox& pod : pods)
    names[pod.id()] = Concat(pod.metadata().namespace_(), "/", pod.metadata().name());
  std::vector<std::vector<std::string>> rows = {{"CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "POD"}};
  const int64_t now = NowUnixNanos();
  for (const cri::Container& container : containers) {
    rows.push_back({ShortId(container.id()), ImageName(container), Ago(container.created_at(), now),
                    StateName(container.state()), container.metadata().name(),
                    names[container.pod_sandbox_id()]});
  }
  fmt::print("{}", RenderTable(rows));
}

Status Ps(const Globals& globals, bool all) {
  ASSIGN_OR_RETURN(const Client client, Connect(globals.address));
  ASSIGN_OR_RETURN(auto containers, ListContainers(client));
  if (!all) {
    std::erase_if(containers,
                  [](const auto& container) { return container.state() == cri::CONTAINER_EXITED; });
  }
  ASSIGN_OR_RETURN(const auto pods, ListPods(client));
  globals.json ? PrintJson(containers) : PrintTable(containers, pods);
  return absl::OkStatus();
}

}  // namespace

void AddPs(CLI::App& app, const Globals& globals, Action& action) {
  CLI::App* ps = app.add_subcommand("ps", "List containers that have not ended");
  const auto all = std::make_shared<bool>(false);
  ps->add_flag("-a,--all", *all, "Ended ones too");
  ps->callback([&globals, &action, all] { action = [&globals, all] { return Report(Ps(globals, *all)); }; });
}

}  // namespace jobpod::cli
