// A pod whose shim has died: its processes are killed and the truth is published.
#include <boost/asio/post.hpp>

#include "base/file.hpp"
#include "base/log.hpp"
#include "runtime/job_removal.hpp"
#include "runtime/manager.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

// A process that hangs in the kernel is dead when the kernel lets go of it: its job is looked after until then.
constexpr RemovalPace kPatience{.bound = std::chrono::hours(24 * 365), .longest_pause = std::chrono::seconds(2)};

constexpr std::string_view kShimDied = "the pod's shim ended unexpectedly; its processes were killed";

}  // namespace

shim::ContainerReport UnknownEnd(std::string_view why) {
  shim::ContainerReport report;
  report.set_finished_at(NowUnixNanos());
  report.set_exit_code(255);
  report.set_reason("Unknown");
  report.set_message(std::string(why));
  return report;
}

// Terminates and removes a job. True when it is gone before `bound`; otherwise it is removed as soon as it can be.
bool Manager::KillJob(const std::string& job_name, std::chrono::milliseconds bound) {
  StatusOr<std::unique_ptr<Job>> job = jobs_->Open(job_name);
  if (!job.ok()) return absl::IsNotFound(job.status());
  Deadline until = After(bound);
  for (std::chrono::milliseconds step(1);; step = std::min(step * 2, std::chrono::milliseconds(50))) {
    (*job)->Terminate().IgnoreError();
    if ((*job)->Empty() && (*job)->Remove().ok()) return true;
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(step);
  }
  log::warn("job {}: its last processes do not die; it is removed when they do", job_name);
  boost::asio::post(io_, [this, left = *std::move(job), job_name]() mutable {
    const auto on_end = [job_name](const Status&) { log::info("job {} is gone", job_name); };
    RemoveWhenEmpty(io_, std::move(left), on_end, kPatience);
  });
  return false;
}

// Every container of the pod that is not known to have ended gets its record, or 255 "Unknown".
void Manager::LoseContainers(Pod& pod) {
  for (const ContainerPointer& container : LiveContainersOf(pod.id)) {
    ContainerState state = container->view()->state();
    if (state != ContainerState::kRunning && state != ContainerState::kUnknown) continue;
    std::optional<shim::ContainerReport> report = KnownEnd(*container);
    MarkExited(*container, report ? *report : UnknownEnd(kShimDied));
  }
}

void Manager::OnShimLost(const std::string& pod_id) {
  StatusOr<PodPointer> found = GetPod(pod_id);
  if (!found.ok()) return;
  Pod& pod = **found;
  absl::MutexLock operation(&pod.operation);
  if (!pod.view()->ready()) return;
  log::error("pod {}: its shim died; its processes are killed", pod.id);
  {
    absl::MutexLock lock(&pod.mutex);
    pod.shim_.reset();
  }
  KillShimOf(pod.view()->record.shim_pid(), StateDirectory(pod.id));
  if (!KillJob(pod.view()->record.job_name(), kKillBound)) {
    log::error("pod {}: a process hangs in the kernel and cannot be killed", pod.id);
  }
  LoseContainers(pod);
  RemoveTree(StateDirectory(pod.id)).IgnoreError();
  UpdatePod(pod, false, [](PodRecord& record) {
    record.set_ready(false);
    record.set_shim_pid(0);
  }).IgnoreError();
  PublishPod(EventKind::kStopped, pod);
}

}  // namespace jobpod
