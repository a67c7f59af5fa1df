// StopPodSandbox and RemovePodSandbox: idempotent, and never longer than their bounds.
#include "base/file.hpp"
#include "base/log.hpp"
#include "runtime/job_removal.hpp"
#include "runtime/manager.hpp"
#include "runtime/names.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kShutdownDeadline{3};

}  // namespace

// All at once: each Stop only begins the kill, then every end is awaited.
void Manager::StopContainersOf(const std::string& pod_id) {
  std::vector<ContainerPointer> containers = LiveContainersOf(pod_id);
  std::erase_if(containers, [](const ContainerPointer& container) {
    ContainerState state = container->view()->state();
    return state != ContainerState::kRunning && state != ContainerState::kUnknown;
  });
  std::vector<std::thread> stops;
  for (size_t i = 1; i < containers.size(); ++i) {
    stops.emplace_back(
        [this, id = containers[i]->id] { StopContainer(id, std::chrono::milliseconds(0)).IgnoreError(); });
  }
  if (!containers.empty()) StopContainer(containers[0]->id, std::chrono::milliseconds(0)).IgnoreError();
  for (std::thread& thread : stops) thread.join();
}

void Manager::EndShim(Pod& pod) {
  PodView view = pod.view();
  std::shared_ptr<ShimClient> client = pod.shim();
  bool ended = false;
  if (client != nullptr) {
    client->Expect();  // its disconnect is no loss any more
    Status shutdown = client->Shutdown(After(kShutdownDeadline));
    ended = shutdown.ok();
    if (!ended) log::warn("pod {}: its shim does not end ({}); it is killed", pod.id, Message(shutdown));
  }
  if (!ended) {
    KillShimOf(view->record.shim_pid(), StateDirectory(pod.id));
    KillJob(view->record.job_name(), kKillBound);
  }
  absl::MutexLock lock(&pod.mutex);
  pod.shim_.reset();
}

Status Manager::StopPod(const std::string& id) {
  StatusOr<PodPointer> found = GetPod(id);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  RETURN_IF_ERROR(found.status());
  Pod& pod = **found;
  absl::MutexLock operation(&pod.operation);
  if (!pod.view()->ready()) return absl::OkStatus();
  StopContainersOf(pod.id);
  EndShim(pod);
  // A start that raced with the stop has lost its shim; whatever it left is over now.
  LoseContainers(pod);
  RemoveTree(StateDirectory(pod.id)).IgnoreError();  // with the records of their ends, which have been read
  RETURN_IF_ERROR(UpdatePod(pod, false, [](PodRecord& record) {
    record.set_ready(false);
    record.set_shim_pid(0);
  }));
  PublishPod(EventKind::kStopped, pod);
  return absl::OkStatus();
}

Status Manager::RemovePod(const std::string& id) {
  RETURN_IF_ERROR(StopPod(id));
  StatusOr<PodPointer> found = GetPod(id);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  RETURN_IF_ERROR(found.status());
  Pod& pod = **found;
  absl::MutexLock operation(&pod.operation);
  {
    absl::MutexLock lock(&pod.mutex);
    pod.removed = true;
  }
  for (const ContainerPointer& container : LiveContainersOf(pod.id))
    RETURN_IF_ERROR(RemoveContainer(container->id));
  RETURN_IF_ERROR(RemoveTree(StateDirectory(pod.id)));
  Status deleted = store_->DeletePod(pod.id);
  if (!deleted.ok()) log::error("pod {} is not deleted from the database: {}", pod.id, Message(deleted));
  std::string name = PodName(pod.view()->record.spec());
  PublishPod(EventKind::kDeleted, pod);
  absl::MutexLock lock(&mutex_);
  pods_.erase(pod.id);
  names_.erase(name);
  return absl::OkStatus();
}

}  // namespace jobpod
