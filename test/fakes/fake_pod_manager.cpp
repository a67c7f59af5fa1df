#include "test/fakes/fake_pod_manager.hpp"

#include <condition_variable>

#include "base/clock.hpp"
#include "base/id.hpp"

namespace jobpod {
namespace {

template <typename View>
StatusOr<View> Lookup(const std::map<std::string, View>& all, const std::string& prefix) {
  auto found = all.lower_bound(prefix);
  if (found == all.end() || found->first.rfind(prefix, 0) != 0) {
    return absl::NotFoundError(Concat("\"", prefix, "\" is not there"));
  }
  const auto next = std::next(found);
  const bool ambiguous = found->first != prefix && next != all.end() && next->first.rfind(prefix, 0) == 0;
  if (ambiguous)
    return absl::InvalidArgumentError(Concat("\"", prefix, "\" is ambiguous; give more of the id"));
  return found->second;
}

template <typename View>
std::vector<View> Values(const std::map<std::string, View>& all) {
  std::vector<View> values;
  for (const auto& [id, view] : all) values.push_back(view);
  return values;
}

PodView MakePod(PodRecord record) {
  auto snapshot = std::make_shared<PodSnapshot>();
  snapshot->record = std::move(record);
  return snapshot;
}

}  // namespace

std::string FakePodManager::TakeId() {
  return next_id_.empty() ? NewId() : std::exchange(next_id_, "");
}

StatusOr<std::string> FakePodManager::RunPod(const PodSpec& spec, std::stop_token) {
  PodRecord record;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, pod] : pods_) {
      const auto& other = pod->record.spec();
      if (other.name() == spec.name() && other.uid() == spec.uid() && other.attempt() == spec.attempt()) {
        return absl::AlreadyExistsError("a pod of this name exists");
      }
    }
    record.set_id(TakeId());
    *record.mutable_spec() = spec;
    record.set_created_at(NowUnixNanos());
    record.set_ready(true);
    record.set_shim_pid(4711);
    pods_[record.id()] = MakePod(record);
  }
  Publish(EventKind::kCreated, record.id(), record.id());
  return record.id();
}

Status FakePodManager::StopPod(const std::string& id) {
  for (const auto& container : ContainersOf(id)) {
    RETURN_IF_ERROR(StopContainer(container->record.id(), std::chrono::milliseconds(0)));
  }
  const std::lock_guard lock(mutex_);
  const auto found = pods_.find(id);
  if (found == pods_.end()) return absl::OkStatus();
  PodRecord record = found->second->record;
  record.set_ready(false);
  found->second = MakePod(std::move(record));
  return absl::OkStatus();
}

Status FakePodManager::RemovePod(const std::string& id) {
  for (const auto& container : ContainersOf(id)) RETURN_IF_ERROR(RemoveContainer(container->record.id()));
  const std::lock_guard lock(mutex_);
  pods_.erase(id);
  return absl::OkStatus();
}

Status FakePodManager::UpdatePodLimits(const std::string& id, const Limits& limits) {
  const std::lock_guard lock(mutex_);
  pod_limits_[id] = limits;
  return absl::OkStatus();
}

Limits FakePodManager::pod_limits(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = pod_limits_.find(id);
  return found == pod_limits_.end() ? Limits() : found->second;
}

StatusOr<PodView> FakePodManager::FindPod(const std::string& id_or_prefix) const {
  const std::lock_guard lock(mutex_);
  return Lookup(pods_, id_or_prefix);
}

std::vector<PodView> FakePodManager::ListPods() const {
  const std::lock_guard lock(mutex_);
  return Values(pods_);
}

StatusOr<ContainerView> FakePodManager::FindContainer(const std::string& id_or_prefix) const {
  const std::lock_guard lock(mutex_);
  return Lookup(containers_, id_or_prefix);
}

std::vector<ContainerView> FakePodManager::ListContainers() const {
  const std::lock_guard lock(mutex_);
  return Values(containers_);
}

std::vector<ContainerView> FakePodManager::ContainersOf(const std::string& pod_id) const {
  std::vector<ContainerView> containers = ListContainers();
  std::erase_if(containers, [&](const auto& container) { return container->record.pod_id() != pod_id; });
  return containers;
}

StatusOr<std::string> FakePodManager::CreateContainer(const std::string& pod_id, const ContainerSpec& spec,
                                                      std::stop_token) {
  ASSIGN_OR_RETURN(const PodView pod, FindPod(pod_id));
  if (!pod->ready()) return absl::FailedPreconditionError("the pod is not ready");
  auto container = std::make_shared<ContainerSnapshot>();
  auto& record = container->record;
  {
    const std::lock_guard lock(mutex_);
    record.set_id(TakeId());
    record.set_pod_id(pod_id);
    *record.mutable_spec() = spec;
    *record.mutable_limits() = spec.limits();
    record.set_created_at(NowUnixNanos());
    if (!spec.log_path().empty())
      record.set_log_path(Concat(pod->record.spec().log_directory(), "/", spec.log_path()));
    record.mutable_plan()->set_stop_signal(spec.stop_signal());
    containers_[record.id()] = container;
  }
  Publish(EventKind::kCreated, record.id(), pod_id);
  return record.id();
}

StatusOr<ContainerView> FakePodManager::Change(const std::string& id,
                                               const std::function<Status(ContainerRecord&)>& change) {
  const std::lock_guard lock(mutex_);
  const auto found = containers_.find(id);
  if (found == containers_.end()) return absl::NotFoundError(Concat("container ", id, " is not there"));
  auto next = std::make_shared<ContainerSnapshot>();
  next->record = found->second->record;
  RETURN_IF_ERROR(change(next->record));
  found->second = next;
  return ContainerView(next);
}

Status FakePodManager::StartContainer(const std::string& id) {
  ASSIGN_OR_RETURN(
      const auto view, Change(id, [](ContainerRecord& record) -> Status {
        if (record.started_at() != 0) return absl::FailedPreconditionError("it is not CREATED");
        record.set_started_at(NowUnixNanos());
        record.set_pid(4712);
        record.mutable_plan()->mutable_user()->set_uid(static_cast<uint32_t>(record.spec().user().uid()));
        return absl::OkStatus();
      }));
  Publish(EventKind::kStarted, id, view->record.pod_id());
  return absl::OkStatus();
}

Status FakePodManager::StopContainer(const std::string& id, std::chrono::milliseconds) {
  ASSIGN_OR_RETURN(const auto view, Change(id, [](ContainerRecord& record) -> Status {
                     if (record.finished_at() != 0) return absl::OkStatus();
                     record.set_finished_at(NowUnixNanos());
                     record.set_exit_code(137);
                     record.set_reason("Error");
                     record.set_message("killed");
                     return absl::OkStatus();
                   }));
  Publish(EventKind::kStopped, id, view->record.pod_id());
  return absl::OkStatus();
}

Status FakePodManager::RemoveContainer(const std::string& id) {
  std::string pod_id;
  {
    const std::lock_guard lock(mutex_);
    const auto found = containers_.find(id);
    if (found == containers_.end()) return absl::OkStatus();
    pod_id = found->second->record.pod_id();
    containers_.erase(found);
  }
  Publish(EventKind::kDeleted, id, pod_id);
  return absl::OkStatus();
}

StatusOr<std::vector<std::string>> FakePodManager::UpdateLimits(const std::string& id, const Limits& limits) {
  RETURN_IF_ERROR(Change(id, [&](ContainerRecord& record) {
                    record.mutable_limits()->MergeFrom(limits);
                    return absl::OkStatus();
                  }).status());
  return std::vector<std::string>();
}

Status FakePodManager::ReopenLog(const std::string& id) {
  ASSIGN_OR_RETURN(const auto view, FindContainer(id));
  if (view->state() == ContainerState::kRunning) return absl::OkStatus();
  return absl::FailedPreconditionError("the container is not running");
}

StatusOr<ExecResult> FakePodManager::ExecSync(const std::string& id, const std::vector<std::string>& command,
                                              std::chrono::milliseconds timeout, size_t output_limit,
                                              std::stop_token stop) {
  ASSIGN_OR_RETURN(const auto view, FindContainer(id));
  if (view->state() != ContainerState::kRunning) return absl::FailedPreconditionError("it is not running");
  if (command[0] == "flood") return ExecResult{std::string(output_limit, 'x'), "", 0};
  if (command[0] != "block") return ExecResult{command.back(), "to stderr", 3};
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto never = [] { return false; };
  const auto limit = timeout.count() == 0 ? std::chrono::milliseconds(60'000) : timeout;
  wake.wait_for(lock, stop, limit, never);
  if (!stop.stop_requested()) return absl::DeadlineExceededError("the command has timed out");
  ++stopped_execs_;
  return absl::CancelledError("stopped");
}

StatusOr<std::unique_ptr<StdioSession>> FakePodManager::ExecStream(const std::string& id,
                                                                   const std::vector<std::string>& command,
                                                                   const StdioRequest& request,
                                                                   boost::asio::any_io_executor executor,
                                                                   StdioEnd end) {
  ASSIGN_OR_RETURN(const auto view, FindContainer(id));
  if (view->state() != ContainerState::kRunning) return absl::FailedPreconditionError("it is not running");
  return MakeFakeStdioSession(command, request, executor, std::move(end), session_traces_);
}

StatusOr<std::unique_ptr<StdioSession>> FakePodManager::AttachStream(const std::string& id,
                                                                     const StdioRequest& request,
                                                                     boost::asio::any_io_executor executor,
                                                                     StdioEnd end) {
  return ExecStream(id, {"cat"}, request, std::move(executor), std::move(end));
}

ContainerUsage FakePodManager::Sample(const ContainerView& container) const {
  ContainerUsage usage{container, {}, {"/", 4096, 2}, 250'000'000};
  usage.job.timestamp = NowUnixNanos();
  usage.job.cpu_ns = 5'000'000'000;
  usage.job.memory_bytes = 2'000'000;
  usage.job.working_set_bytes = 1'000'000;
  usage.job.memory_limit_bytes = 3'000'000;
  usage.job.processes = 2;
  JobUsage::Pressure pressure;
  pressure.some.total_us = 7;
  usage.job.cpu_pressure = usage.job.memory_pressure = usage.job.io_pressure = pressure;
  return usage;
}

StatusOr<ContainerUsage> FakePodManager::Usage(const std::string& container_id, UsageDetail) {
  ASSIGN_OR_RETURN(const auto view, FindContainer(container_id));
  if (view->state() == ContainerState::kExited) return absl::FailedPreconditionError("it has exited");
  return Sample(view);
}

std::vector<ContainerUsage> FakePodManager::UsageOfAll(UsageDetail) {
  std::vector<ContainerUsage> all;
  for (const auto& container : ListContainers()) {
    if (container->state() != ContainerState::kExited) all.push_back(Sample(container));
  }
  return all;
}

StatusOr<PodUsage> FakePodManager::UsageOfPod(const std::string& pod_id, UsageDetail) {
  ASSIGN_OR_RETURN(const PodView pod, FindPod(pod_id));
  PodUsage usage{pod, {}, {}, 500'000'000};
  usage.job.timestamp = NowUnixNanos();
  for (const auto& container : ContainersOf(pod_id)) {
    if (container->state() != ContainerState::kExited) usage.containers.push_back(Sample(container));
  }
  usage.job.processes = 2 * usage.containers.size();
  return usage;
}

void FakePodManager::Publish(EventKind kind, const std::string& id, const std::string& pod_id) {
  auto event = std::make_shared<Event>();
  event->kind = kind;
  event->id = id;
  event->created_at = NowUnixNanos();
  if (auto pod = FindPod(pod_id); pod.ok()) event->pod = *pod;
  event->containers = ContainersOf(pod_id);
  events_.Publish(event);
}

}  // namespace jobpod
