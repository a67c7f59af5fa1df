#include "cri/resolve.hpp"

namespace jobpod {
namespace {

// Only a missing object becomes null; an ambiguous prefix stays an error.
template <typename View>
StatusOr<View> NullIfMissing(StatusOr<View> found) {
  if (found.status().code() == absl::StatusCode::kNotFound) return View(nullptr);
  return found;
}

}  // namespace

StatusOr<PodView> ResolvePod(const Rooms& rooms, const std::string& id) {
  if (id.empty()) return absl::InvalidArgumentError("pod_sandbox_id is empty; set it");
  return rooms.pods.FindPod(id);
}

StatusOr<ContainerView> ResolveContainer(const Rooms& rooms, const std::string& id) {
  if (id.empty()) return absl::InvalidArgumentError("container_id is empty; set it");
  return rooms.pods.FindContainer(id);
}

StatusOr<PodView> FindPodIfAny(const Rooms& rooms, const std::string& id) {
  return NullIfMissing(ResolvePod(rooms, id));
}

StatusOr<ContainerView> FindContainerIfAny(const Rooms& rooms, const std::string& id) {
  return NullIfMissing(ResolveContainer(rooms, id));
}

bool HasLabels(const LabelMap& labels, const LabelMap& wanted) {
  for (const auto& [key, value] : wanted) {
    const auto found = labels.find(key);
    if (found == labels.end() || found->second != value) return false;
  }
  return true;
}

StatusOr<std::vector<ContainerView>> SelectContainers(const Rooms& rooms, const std::string& id,
                                                      const std::string& pod_id) {
  std::string full_pod_id;
  if (!pod_id.empty()) {
    ASSIGN_OR_RETURN(const PodView pod, FindPodIfAny(rooms, pod_id));
    if (pod == nullptr) return std::vector<ContainerView>();
    full_pod_id = pod->record.id();
  }
  if (id.empty()) {
    return full_pod_id.empty() ? rooms.pods.ListContainers() : rooms.pods.ContainersOf(full_pod_id);
  }
  ASSIGN_OR_RETURN(const ContainerView container, FindContainerIfAny(rooms, id));
  const bool wanted =
      container != nullptr && (full_pod_id.empty() || container->record.pod_id() == full_pod_id);
  return wanted ? std::vector<ContainerView>{container} : std::vector<ContainerView>();
}

StatusOr<std::vector<PodView>> SelectPods(const Rooms& rooms, const std::string& id) {
  if (id.empty()) return rooms.pods.ListPods();
  ASSIGN_OR_RETURN(const PodView pod, FindPodIfAny(rooms, id));
  return pod == nullptr ? std::vector<PodView>() : std::vector<PodView>{pod};
}

}  // namespace jobpod
