#include "cri/handlers.hpp"
#include "cri/resolve.hpp"
#include "cri/views.hpp"

namespace jobpod::handle {

// Once a second for every container of the node: filters look at plain fields, items are bytes already.
StatusOr<ItemList> ListContainers(const Rooms& rooms, const cri::ContainerFilter& filter) {
  ASSIGN_OR_RETURN(const auto containers, SelectContainers(rooms, filter.id(), filter.pod_sandbox_id()));
  ItemList list;
  for (const ContainerView& container : containers) {
    if (filter.has_state() && filter.state().state() != StateOf(*container)) continue;
    if (!HasLabels(container->record.spec().labels(), filter.label_selector())) continue;
    list.Add(container, ListItem(*container));
  }
  return list;
}

}  // namespace jobpod::handle
