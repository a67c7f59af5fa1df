// How a container ends, and everything asked of it meanwhile.
#include "runtime/shim/container.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "runtime/job_removal.hpp"

namespace jobpod::shim {
namespace {

constexpr std::chrono::seconds kDrainBound{1};
constexpr int kKilledExitCode = 137;

}  // namespace

void Container::Stop(std::chrono::milliseconds timeout, int signal, bool whole_tree) {
  if (phase_ != Phase::kRunning && phase_ != Phase::kEnding) return;
  if (timeout.count() <= 0) return Kill();
  // A signal is sent once: programs take a second one for impatience.
  if (phase_ == Phase::kEnding) return BringForward(After(timeout));
  phase_ = Phase::kEnding;
  if (signal > 0) stop_signal_ = signal;
  Arm(After(timeout));
  stop_whole_tree_ = whole_tree || stop_whole_tree_;
  SignalStop();
}

void Container::Kill() {
  if (phase_ == Phase::kDraining || phase_ == Phase::kExited) return;
  phase_ = Phase::kKilling;
  if (Status killed = job_->Terminate(); !killed.ok()) report_.set_message(Concat(Message(killed)));
  Arm(After(kKillBound));
}

Status Container::Forget() {
  if (!exited()) {
    return absl::FailedPreconditionError(
        Concat("container ", report_.id(), " has not exited; stop it before removing it"));
  }
  return RemoveTree(RecordPath());
}

Status Container::ReopenLog() {
  if (log_ != nullptr) return log_->Reopen();
  return absl::FailedPreconditionError(Concat("container ", report_.id(), " is not running"));
}

StatusOr<Container::Place> Container::PlaceForExec() {
  if (init_exited_ || view_lost_ || phase_ > Phase::kEnding) {
    return absl::FailedPreconditionError(Concat("container ", report_.id(), " is not running"));
  }
  return Place{job_.get(), mount_namespace_.get(), init_.get(), isolated_};
}

void Container::OnInitExit(int exit_code) {
  init_exited_ = true;
  input_.reset();
  if (exited()) return;  // published already, and not to be changed
  report_.set_exit_code(exit_code);
  report_.set_finished_at(NowUnixNanos());
  if (phase_ > Phase::kKilling) return;
  if (job_->Empty()) return Drain();
  bool told = phase_ == Phase::kEnding && stop_whole_tree_;
  if (phase_ == Phase::kRunning) {
    if (survivor_grace_.count() == 0) return Kill();
    phase_ = Phase::kEnding;
    Arm(After(survivor_grace_));
  }
  if (phase_ == Phase::kEnding && !told) (void)job_->Signal(stop_signal_);
}

void Container::OnJobEmpty() {
  if (init_exited_ && phase_ <= Phase::kKilling && job_->Empty()) Drain();
}

void Container::OnTimer() {
  switch (phase_) {
    case Phase::kEnding:
      return Kill();
    case Phase::kKilling:
      report_.set_message(
          "some processes did not end within 10 s of being killed; they hang in the kernel, often on a "
          "disk or network file system that does not answer");
      return Drain();
    case Phase::kDraining:
      if (report_.message().empty()) {
        report_.set_message(
            "a process outside the container still held its output 1 s after its end; what that process writes "
            "is not in the log");
      }
      return FinishPumps();
    case Phase::kRunning:
    case Phase::kExited:
      return;
  }
}

void Container::BringForward(Deadline deadline) {
  if (deadline < deadline_) Arm(deadline);
}

void Container::Arm(Deadline deadline) {
  deadline_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    // A timer that fired just before it was set anew is not meant.
    if (!error && self != nullptr && std::chrono::steady_clock::now() >= self->deadline_) self->OnTimer();
  });
}

void Container::Drain() {
  phase_ = Phase::kDraining;
  Arm(After(kDrainBound));
  audience_->StopWaiting();
  if (terminal_ != nullptr) terminal_->End();
  OnPumpEnd();
}

// Whoever holds the other ends: the last of them leads to Finish.
void Container::FinishPumps() {
  const std::vector<std::shared_ptr<OutputPump>> pumps(std::begin(pumps_), std::end(pumps_));
  for (const auto& pump : pumps) {
    if (pump != nullptr && !pump->ended()) pump->Finish();
  }
}

void Container::OnPumpEnd() {
  bool open = std::any_of(std::begin(pumps_), std::end(pumps_),
                          [](const auto& pump) { return pump != nullptr && !pump->ended(); });
  if (phase_ == Phase::kDraining && !open) Finish();
}

void Container::Finish() {
  auto alive = shared_from_this();
  phase_ = Phase::kExited;
  timer_.cancel();
  for (auto& pump : pumps_) pump.reset();
  terminal_.reset();
  log_->TellLoss();
  log_.reset();
  mount_namespace_.Reset();
  init_.Reset();
  DecideReason();
  audience_->End(report_.exit_code());
  WriteRecord();
  host_.on_exited(report_);
  RemoveWhenEmpty(host_.io, std::move(job_), [](const Status&) {});
}

void Container::DecideReason() {
  if (!init_exited_) {
    report_.set_exit_code(kKilledExitCode);
    report_.set_finished_at(NowUnixNanos());
  }
  report_.set_exited(true);
  if (report_.exit_code() == 0) {
    report_.set_reason("Completed");
  } else {
    report_.set_reason(job_->OomKills() > 0 ? "OOMKilled" : "Error");
  }
}

void Container::WriteRecord() {
  Status written = WriteFileAtomic(RecordPath(), report_.SerializeAsString());
  if (!written.ok()) report_.set_message(Concat(report_.message(), " (", Message(written), ")"));
}

std::string Container::RecordPath() const {
  return Concat(host_.state_directory, "/", report_.id(), ".exit");
}

}  // namespace jobpod::shim
