#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {

StatusOr<ItemList> ListPodSandbox(const Rooms& rooms, const cri::PodSandboxFilter& filter) {
  ASSIGN_OR_RETURN(const auto pods, SelectPods(rooms, filter.id()));
  ItemList list;
  for (const PodView& pod : pods) {
    if (filter.has_state() && filter.state().state() != StateOf(*pod)) continue;
    if (!HasLabels(pod->record.spec().labels(), filter.label_selector())) continue;
    list.Add(pod, ListItem(*pod));
  }
  return list;
}

}  // namespace jobpod::handle
