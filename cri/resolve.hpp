// From the ids of a request, full or unique prefixes, to snapshots; and the label filters of lists.
#pragma once

#include <google/protobuf/map.h>

#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/rooms.hpp"

namespace jobpod {

// NotFound when there is none, InvalidArgument when the id is empty or ambiguous.
StatusOr<PodView> ResolvePod(const Rooms& rooms, const std::string& id);
StatusOr<ContainerView> ResolveContainer(const Rooms& rooms, const std::string& id);

// For idempotent calls and filters: null when there is none.
StatusOr<PodView> FindPodIfAny(const Rooms& rooms, const std::string& id);
StatusOr<ContainerView> FindContainerIfAny(const Rooms& rooms, const std::string& id);

using LabelMap = google::protobuf::Map<std::string, std::string>;
// Every wanted label is there with its value.
bool HasLabels(const LabelMap& labels, const LabelMap& wanted);

// The containers that the two id parts of a filter let through (each may be empty); other parts are
// looked at one container at a time.
StatusOr<std::vector<ContainerView>> SelectContainers(const Rooms& rooms, const std::string& id,
                                                      const std::string& pod_id);
StatusOr<std::vector<PodView>> SelectPods(const Rooms& rooms, const std::string& id);

}  // namespace jobpod
