#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/usage.hpp"

namespace jobpod::handle {

Status PodSandboxStats(const Rooms& rooms, Call& call, const cri::PodSandboxStatsRequest& request,
                       cri::PodSandboxStatsResponse* response) {
  call.subject = request.pod_sandbox_id();
  ASSIGN_OR_RETURN(const PodView pod, ResolvePod(rooms, request.pod_sandbox_id()));
  ASSIGN_OR_RETURN(const PodUsage usage, rooms.pods.UsageOfPod(pod->record.id(), UsageDetail::kBasic));
  *response->mutable_stats() = StatsOf(usage);
  return absl::OkStatus();
}

// Pods that are not ready have no usage and are left out.
StatusOr<ItemList> ListPodSandboxStats(const Rooms& rooms, const cri::PodSandboxStatsFilter& filter) {
  ASSIGN_OR_RETURN(const auto pods, SelectPods(rooms, filter.id()));
  ItemList list;
  for (const PodView& pod : pods) {
    if (!pod->ready() || !HasLabels(pod->record.spec().labels(), filter.label_selector())) continue;
    const auto usage = rooms.pods.UsageOfPod(pod->record.id(), UsageDetail::kBasic);
    if (usage.ok()) list.Add(StatsOf(*usage));  // it may have ended meanwhile
  }
  return list;
}

}  // namespace jobpod::handle
