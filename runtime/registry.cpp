// Finding, adding and changing pods and containers.
#include <algorithm>

#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

// The entry with this id, or the only one whose id begins with it.
template <typename Map>
StatusOr<typename Map::mapped_type> FindByPrefix(const Map& map, const std::string& text, const char* what) {
  auto at = map.lower_bound(text);
  if (at != map.end() && at->first == text) return at->second;
  if (!IsIdOrPrefix(text) || at == map.end() || at->first.compare(0, text.size(), text) != 0) {
    return absl::NotFoundError(Concat(what, " \"", text.substr(0, 80), "\" does not exist"));
  }
  auto next = std::next(at);
  if (next != map.end() && next->first.compare(0, text.size(), text) == 0) {
    return absl::InvalidArgumentError(
        Concat(what, " id \"", text, "\" is ambiguous; give more of its digits"));
  }
  return at->second;
}

template <typename Map>
auto Values(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [id, value] : map) values.push_back(value);
  return values;
}

template <typename Pointer>
auto Views(const std::vector<Pointer>& objects) {
  std::vector<decltype(objects[0]->view())> views;
  views.reserve(objects.size());
  for (const Pointer& object : objects) views.push_back(object->view());
  return views;
}

}  // namespace

StatusOr<PodPointer> Manager::GetPod(const std::string& id) const {
  absl::MutexLock lock(&mutex_);
  return FindByPrefix(pods_, id, "pod sandbox");
}

StatusOr<ContainerPointer> Manager::GetContainer(const std::string& id) const {
  absl::MutexLock lock(&mutex_);
  return FindByPrefix(containers_, id, "container");
}

StatusOr<PodView> Manager::FindPod(const std::string& id_or_prefix) const {
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(id_or_prefix));
  return pod->view();
}

StatusOr<ContainerView> Manager::FindContainer(const std::string& id_or_prefix) const {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(id_or_prefix));
  return container->view();
}

// The registry's lock is never held while an object's own is taken.
std::vector<PodView> Manager::ListPods() const {
  std::vector<PodPointer> pods;
  {
    absl::MutexLock lock(&mutex_);
    pods = Values(pods_);
  }
  return Views(pods);
}

std::vector<ContainerView> Manager::ListContainers() const {
  std::vector<ContainerPointer> containers;
  {
    absl::MutexLock lock(&mutex_);
    containers = Values(containers_);
  }
  return Views(containers);
}

std::vector<ContainerPointer> Manager::LiveContainersOf(const std::string& pod_id) const {
  absl::MutexLock lock(&mutex_);
  std::vector<ContainerPointer> found;
  for (const auto& [id, container] : containers_) {
    if (container->pod_id == pod_id) found.push_back(container);
  }
  return found;
}

std::vector<ContainerView> Manager::ContainersOf(const std::string& pod_id) const {
  return Views(LiveContainersOf(pod_id));
}

Status Manager::ReserveName(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  if (names_.insert(name).second) return absl::OkStatus();
  return absl::AlreadyExistsError(Concat(
      "\"", name, "\" exists already or is being made; remove it first or use another name or attempt"));
}

void Manager::FreeName(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  names_.erase(name);
}

void Manager::AddPod(const PodPointer& pod) {
  absl::MutexLock lock(&mutex_);
  pods_.emplace(pod->id, pod);
}

void Manager::AddContainer(const ContainerPointer& container) {
  absl::MutexLock lock(&mutex_);
  containers_.emplace(container->id, container);
}

Status Manager::UpdatePod(Pod& pod, bool must_persist, const std::function<void(PodRecord&)>& change) {
  absl::MutexLock writing(&pod.writing);
  auto next = std::make_shared<PodSnapshot>();
  next->record = pod.view()->record;
  change(next->record);
  Status saved = store_->Save(next->record);
  if (!saved.ok() && must_persist) return saved;
  if (!saved.ok()) log::error("pod {} is not stored: {}", pod.id, Message(saved));
  absl::MutexLock lock(&pod.mutex);
  pod.view_ = std::move(next);
  return absl::OkStatus();
}

Status Manager::UpdateContainer(Container& container, bool must_persist,
                                const std::function<bool(ContainerRecord&)>& change,
                                std::optional<EventKind> event) {
  absl::MutexLock writing(&container.writing);
  ContainerView before = container.view();
  auto next = std::make_shared<ContainerSnapshot>();
  next->record = before->record;
  next->unknown = before->unknown;
  if (!change(next->record)) return absl::OkStatus();
  Status saved = store_->Save(next->record);
  if (!saved.ok() && must_persist) return saved;
  if (!saved.ok()) log::error("container {} is not stored: {}", container.id, Message(saved));
  container.Show(std::move(next));
  if (event) PublishContainer(*event, container);
  return absl::OkStatus();
}

void Manager::PublishContainer(EventKind kind, const Container& container) {
  if (!events_.HasSubscribers()) return;
  absl::MutexLock publishing(&publish_mutex_);
  auto event = std::make_shared<Event>();
  event->kind = kind;
  event->id = container.id;
  event->created_at = NowUnixNanos();
  if (StatusOr<PodView> pod = FindPod(container.pod_id); pod.ok()) event->pod = *pod;
  event->containers = ContainersOf(container.pod_id);
  events_.Publish(std::move(event));
}

void Manager::PublishPod(EventKind kind, const Pod& pod) {
  if (!events_.HasSubscribers()) return;
  absl::MutexLock publishing(&publish_mutex_);
  auto event = std::make_shared<Event>();
  event->kind = kind;
  event->id = pod.id;
  event->created_at = NowUnixNanos();
  event->pod = pod.view();
  event->containers = ContainersOf(pod.id);
  events_.Publish(std::move(event));
}

// A copy beside the shim, from which a lost database is rebuilt. Best effort.
void Manager::SaveCopy(const Container& container) {
  SaveCopy(container.pod_id, Concat(container.id, ".record"), container.view()->record.SerializeAsString());
}

void Manager::SaveCopy(const std::string& pod_id, const std::string& name, const std::string& bytes) {
  Status written = WriteFileAtomic(Concat(StateDirectory(pod_id), "/", name), bytes);
  if (!written.ok()) log::warn("pod {}: {}", pod_id, Message(written));
}

void Manager::RemoveCopies(const Container& container) {
  for (const char* suffix : {".record", ".exit"}) {
    RemoveTree(Concat(StateDirectory(container.pod_id), "/", container.id, suffix)).IgnoreError();
  }
}

void Container::Show(ContainerView next) {
  absl::MutexLock lock(&mutex);
  view_ = std::move(next);
}

bool Container::Confirm(int32_t pid, int64_t started_at) {
  absl::MutexLock lock(&writing);
  ContainerView before = view();
  const ContainerRecord& record = before->record;
  if (record.finished_at() != 0 || record.pid() != pid || record.started_at() != started_at) return false;
  if (!before->unknown) return true;
  auto next = std::make_shared<ContainerSnapshot>();
  next->record = record;
  Show(std::move(next));
  return true;
}

bool Container::WaitExited(Deadline deadline) const {
  absl::MutexLock lock(&mutex);
  auto left = deadline - std::chrono::steady_clock::now();
  auto exited = [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return ExitedLocked(); };
  return mutex.AwaitWithTimeout(
      absl::Condition(&exited),
      absl::FromChrono(std::max(left, std::chrono::steady_clock::duration::zero())));
}

}  // namespace jobpod
