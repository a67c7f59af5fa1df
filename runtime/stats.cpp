// Samples: read from the jobs' own files, which stay open; never a shim round trip.
#include "base/log.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

// Walking a writable layer costs what it holds: it is repeated so rarely that it stays below 1 % of a core.
constexpr std::chrono::seconds kShortestWalkPeriod{10};
constexpr int kWalkShare = 100;
// The first figure is worth a moment; a layer of millions of files shows none until its walk is over.
constexpr absl::Duration kFirstWalk = absl::Milliseconds(100);

}  // namespace

StatusOr<ContainerUsage> Manager::Usage(const std::string& container_id, UsageDetail detail) {
  ASSIGN_OR_RETURN(ContainerPointer container, GetContainer(container_id));
  ContainerUsage usage;
  usage.container = container->view();
  if (usage.container->state() == ContainerState::kExited) {
    return absl::FailedPreconditionError(Concat("container ", container->id, " has exited; it uses nothing"));
  }
  absl::MutexLock lock(&container->usage_mutex);
  if (usage.container->state() == ContainerState::kRunning) {
    if (container->job == nullptr) {
      ASSIGN_OR_RETURN(container->job, OpenJob(*container));
    }
    StatusOr<JobUsage> job = container->job->Usage(detail);
    if (!job.ok()) {
      container->job.reset();
      return job.status();
    }
    usage.job = *job;
    usage.cpu_nano_cores = container->cpu_rate.Add(job->timestamp, job->cpu_ns);
  } else {
    usage.job.timestamp = NowUnixNanos();
  }
  usage.writable_layer = WritableLayerOf(container);
  return usage;
}

// The last walk's figure; a new walk is begun beside the caller when that is old.
FilesystemUsage Manager::WritableLayerOf(const ContainerPointer& container) {
  const bool first = container->writable_layer_until == Deadline{};
  if (!container->walking && std::chrono::steady_clock::now() >= container->writable_layer_until) {
    container->walking = workers_.Run([this, container] { WalkWritableLayer(*container); }).ok();
  }
  const auto walked = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !container->walking; };
  if (first) container->usage_mutex.AwaitWithTimeout(absl::Condition(&walked), kFirstWalk);
  return container->writable_layer;
}

void Manager::WalkWritableLayer(Container& container) {
  auto begin = std::chrono::steady_clock::now();
  StatusOr<FilesystemUsage> layer = images_.WritableLayerUsage(container.id);
  auto now = std::chrono::steady_clock::now();
  absl::MutexLock lock(&container.usage_mutex);
  if (layer.ok()) container.writable_layer = *layer;
  container.writable_layer_until =
      now + std::max<Deadline::duration>(kShortestWalkPeriod, (now - begin) * kWalkShare);
  container.walking = false;
}

std::vector<ContainerUsage> Manager::UsageOfAll(UsageDetail detail) {
  std::vector<ContainerUsage> all;
  for (const ContainerView& view : ListContainers()) {
    if (view->state() == ContainerState::kExited) continue;
    if (auto usage = Usage(view->record.id(), detail); usage.ok()) all.push_back(*std::move(usage));
  }
  return all;
}

StatusOr<PodUsage> Manager::UsageOfPod(const std::string& pod_id, UsageDetail detail) {
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(pod_id));
  PodUsage usage;
  usage.pod = pod->view();
  usage.job.timestamp = NowUnixNanos();
  if (usage.pod->ready()) {
    ASSIGN_OR_RETURN(std::unique_ptr<Job> job, jobs_->Open(usage.pod->record.job_name()));
    // The process count is part of every pod sample.
    ASSIGN_OR_RETURN(usage.job, job->Usage(UsageDetail::kFull));
    absl::MutexLock lock(&pod->usage_mutex);
    usage.cpu_nano_cores = pod->cpu_rate.Add(usage.job.timestamp, usage.job.cpu_ns);
  }
  for (const ContainerView& view : ContainersOf(pod->id)) {
    if (auto container = Usage(view->record.id(), detail); container.ok())
      usage.containers.push_back(*std::move(container));
  }
  return usage;
}

}  // namespace jobpod
