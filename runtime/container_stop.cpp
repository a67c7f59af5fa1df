// StopContainer, and what happens when a container has exited.
#include <thread>

#include "base/file.hpp"
#include "base/log.hpp"
#include "runtime/manager.hpp"

namespace jobpod {
namespace {

constexpr int kTerminate = 15, kKill = 9;          // Linux's numbers, on every system
constexpr std::chrono::seconds kStopDeadline{1};   // for the shim to say it heard
constexpr std::chrono::seconds kBeyondTimeout{2};  // after the grace: kill, drain, publish
constexpr std::chrono::seconds kUnkillable{10};    // a process in D state, then published all the same
constexpr std::chrono::milliseconds kLongest{std::chrono::hours(24 * 365)};

}  // namespace

StatusOr<std::unique_ptr<Job>> Manager::OpenJob(const Container& container) const {
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(container.pod_id));
  return jobs_->Open(Concat(pod->view()->record.job_name(), "/", container.id));
}

// On the io thread, from the shim's event; also from recovery. Idempotent.
void Manager::MarkExited(Container& container, const shim::ContainerReport& report) {
  if (report.pid() != 0) MarkStarted(container, report.pid(), report.started_at());
  UpdateContainer(
      container, false,
      [&](ContainerRecord& record) {
        if (record.finished_at() != 0) return false;
        if (record.started_at() == 0) record.set_started_at(report.finished_at());
        record.set_finished_at(report.finished_at() != 0 ? report.finished_at() : NowUnixNanos());
        record.set_exit_code(report.exit_code());
        record.set_reason(report.reason());
        record.set_message(report.message());
        return true;
      },
      EventKind::kStopped)
      .IgnoreError();
}

// What is on record of its end: the shim's word, or what the kernel told this process as its parent. Killed
// together with the shim says nothing.
std::optional<shim::ContainerReport> Manager::KnownEnd(const Container& container) {
  shim::ContainerReport report;
  StatusOr<std::string> kept =
      ReadFile(Concat(StateDirectory(container.pod_id), "/", container.id, ".exit"), 1 << 20);
  if (kept.ok() && report.ParseFromString(*kept)) return report;
  std::optional<int> code = reaper_->TakeExitCode(container.view()->record.pid());
  if (!code || *code == 128 + kKill) return std::nullopt;
  report.Clear();
  report.set_finished_at(NowUnixNanos());
  report.set_exit_code(*code);
  report.set_reason(*code == 0 ? "Completed" : "Error");
  return report;
}

// The shim does not answer: the job is signalled, then killed, directly.
void Manager::KillWithoutShim(Container& container, std::chrono::milliseconds grace) {
  ContainerRecord record = container.view()->record;
  StatusOr<std::unique_ptr<Job>> job = OpenJob(container);
  if (job.ok() && grace.count() > 0) {
    int signal = record.plan().stop_signal() != 0 ? record.plan().stop_signal() : kTerminate;
    (*job)->Signal(signal).IgnoreError();
    Deadline until = After(grace);
    while (!(*job)->Empty() && !container.WaitExited(std::min(until, After(std::chrono::milliseconds(20))))) {
      if (std::chrono::steady_clock::now() >= until) break;
    }
  }
  bool gone = true;
  if (StatusOr<PodPointer> pod = GetPod(container.pod_id); pod.ok()) {
    gone = KillJob(Concat((*pod)->view()->record.job_name(), "/", container.id), kUnkillable);
  }
  if (auto known = KnownEnd(container)) return MarkExited(container, *known);
  shim::ContainerReport report;
  report.set_finished_at(NowUnixNanos());
  report.set_exit_code(128 + kKill);
  report.set_reason("Error");
  report.set_message(gone ? "killed by the daemon, its shim did not answer; the real exit code is not known"
                          : "a process of the container cannot be killed (it hangs in the kernel)");
  MarkExited(container, report);
}

Status Manager::StopContainer(const std::string& id, std::chrono::milliseconds timeout) {
  StatusOr<ContainerPointer> found = GetContainer(id);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  RETURN_IF_ERROR(found.status());
  Container& container = **found;
  ContainerView view = container.view();
  if (view->state() == ContainerState::kCreated || view->state() == ContainerState::kExited) {
    return absl::OkStatus();
  }
  timeout = std::clamp(timeout, std::chrono::milliseconds(0), kLongest);
  StatusOr<PodPointer> pod = GetPod(container.pod_id);
  std::shared_ptr<ShimClient> client = pod.ok() ? (*pod)->shim() : nullptr;
  Status asked = absl::UnavailableError("its shim is gone");
  if (client != nullptr) {
    shim::Stop stop;
    stop.set_container_id(container.id);
    stop.set_timeout_ms(static_cast<uint32_t>(std::min<int64_t>(timeout.count(), UINT32_MAX)));
    stop.set_signal(view->record.plan().stop_signal());
    stop.set_whole_tree(view->record.plan().stop_whole_tree());
    asked = client->Stop(stop, After(kStopDeadline));
  }
  // A concurrent call with less time ends this wait too: the container exits.
  if (asked.ok() && container.WaitExited(After(timeout + kBeyondTimeout))) return absl::OkStatus();
  if (container.view()->state() == ContainerState::kExited) return absl::OkStatus();
  log::warn("container {}: its shim does not stop it ({}); its job is killed directly", container.id,
            asked.ok() ? "no end reported" : Message(asked));
  KillWithoutShim(container, asked.ok() ? std::chrono::milliseconds(0) : timeout);
  return absl::OkStatus();
}

}  // namespace jobpod
