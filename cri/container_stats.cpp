#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/usage.hpp"

namespace jobpod::handle {

Status ContainerStats(const Rooms& rooms, Call& call, const cri::ContainerStatsRequest& request,
                      cri::ContainerStatsResponse* response) {
  call.subject = request.container_id();
  ASSIGN_OR_RETURN(const ContainerView container, ResolveContainer(rooms, request.container_id()));
  ASSIGN_OR_RETURN(const ContainerUsage usage, rooms.pods.Usage(container->record.id(), UsageDetail::kBasic));
  *response->mutable_stats() = StatsOf(usage);
  return absl::OkStatus();
}

// Exited containers have no usage and are left out.
StatusOr<ItemList> ListContainerStats(const Rooms& rooms, const cri::ContainerStatsFilter& filter) {
  ItemList list;
  const auto add = [&](const ContainerUsage& usage) {
    const bool wanted = HasLabels(usage.container->record.spec().labels(), filter.label_selector());
    if (wanted) list.Add(StatsOf(usage));
  };
  if (filter.id().empty() && filter.pod_sandbox_id().empty()) {
    for (const auto& usage : rooms.pods.UsageOfAll(UsageDetail::kBasic)) add(usage);
    return list;
  }
  ASSIGN_OR_RETURN(const auto containers, SelectContainers(rooms, filter.id(), filter.pod_sandbox_id()));
  for (const auto& container : containers) {
    if (container->state() == ContainerState::kExited) continue;
    const auto usage = rooms.pods.Usage(container->record.id(), UsageDetail::kBasic);
    if (usage.ok()) add(*usage);  // it may have ended meanwhile
  }
  return list;
}

}  // namespace jobpod::handle
