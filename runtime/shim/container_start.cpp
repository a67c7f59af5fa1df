// How a container begins: log, streams, job, process.
#include <csignal>

#include "base/scope_exit.hpp"
#include "runtime/job_removal.hpp"
#include "runtime/shim/container.hpp"

namespace jobpod::shim {
namespace {

constexpr int kStartErrorCode = 128;

}  // namespace

Container::Container(ContainerHost& host, const std::string& id)
    : host_(host), audience_(std::make_shared<Audience>(host.io)), timer_(host.io) {
  report_.set_id(id);
}

Status Container::Start(Job& pod_job, const LaunchPlan& plan, const StatusOr<SpawnHandles>& handles) {
  stop_signal_ = plan.stop_signal() > 0 ? plan.stop_signal() : SIGTERM;
  stop_whole_tree_ = plan.stop_whole_tree();
  survivor_grace_ = std::chrono::milliseconds(plan.survivor_grace_ms());
  private_namespace_ = plan.mounts().private_namespace();
  isolated_ = plan.has_isolation();
  tty_ = plan.stdio().tty();
  stdin_once_ = plan.stdio().stdin_once();
  Status started = Launch(pod_job, plan, handles);
  if (!started.ok()) RecordStartFailure(started);
  return started;
}

Status Container::Launch(Job& pod_job, const LaunchPlan& plan, const StatusOr<SpawnHandles>& handles) {
  RETURN_IF_ERROR(handles.status());
  RETURN_IF_ERROR(OpenLog(plan.stdio().log_path()));
  ASSIGN_OR_RETURN(ContainerStdio stdio, OpenStdio(plan.stdio()));
  RETURN_IF_ERROR(audience_->Expect(plan.stdio()));
  ASSIGN_OR_RETURN(job_, pod_job.CreateChild(plan.id(), JobKind::kLimited, plan.limits(), plan.mounts()));
  ScopeExit undo([&] {
    (void)job_->Terminate();
    RemoveWhenEmpty(host_.io, std::move(job_), [](const Status&) {});
  });
  RETURN_IF_ERROR(WatchJob());
  SpawnHandles all = *handles;
  stdio.Describe(all);
  RETURN_IF_ERROR(SpawnInit(plan, all));
  RETURN_IF_ERROR(stdio.TakeTerminal());
  undo.Release();
  StartPumps(std::move(stdio));
  return absl::OkStatus();
}

Status Container::OpenLog(const std::string& path) {
  ASSIGN_OR_RETURN(log_, LogWriter::Open(path, host_.log_line_limit));
  log_->TellLosses([this](uint64_t records, const Status& why) {
    LogLoss loss;
    loss.set_container_id(report_.id());
    loss.set_records(records);
    loss.set_why(Concat(Message(why)));
    host_.on_log_loss(loss);
  });
  return absl::OkStatus();
}

Status Container::WatchJob() {
  JobEvents events;
  events.became_empty = [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->OnJobEmpty();
  };
  return job_->Watch(host_.io, std::move(events));
}

Status Container::SpawnInit(const LaunchPlan& plan, const SpawnHandles& handles) {
  ASSIGN_OR_RETURN(Spawned init, job_->Spawn(plan, handles));
  init_ = OwnedHandle(init.process_handle);
  report_.set_pid(init.pid);
  report_.set_started_at(NowUnixNanos());
  if (private_namespace_ && !isolated_) TakeView();
  return host_.reaper.Watch(init, [weak = weak_from_this()](int exit_code) {
    if (auto self = weak.lock()) self->OnInitExit(exit_code);
  });
}

void Container::StartPumps(ContainerStdio stdio) {
  input_ = ShareInput(host_.io, std::move(stdio.input));
  terminal_ = std::move(stdio.terminal);
  auto start = [this](OwnedHandle source, LogStream stream) {
    auto& pump = pumps_[static_cast<int>(stream)];
    pump = std::make_shared<OutputPump>(host_.io, std::move(source), log_, audience_, stream, host_.buffer);
    pump->Start([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->OnPumpEnd();
    });
  };
  start(std::move(stdio.output), LogStream::kStdout);
  if (stdio.error) start(std::move(stdio.error), LogStream::kStderr);
  audience_->OnReady([weak = weak_from_this()] {
    auto self = weak.lock();
    if (self == nullptr) return;
    for (const auto& pump : self->pumps_) {
      if (pump != nullptr) pump->Resume();
    }
  });
}

void Container::RecordStartFailure(const Status& failure) {
  log_.reset();
  audience_->End(kStartErrorCode);
  report_.set_pid(0);
  report_.set_started_at(NowUnixNanos());
  report_.set_finished_at(report_.started_at());
  report_.set_exited(true);
  report_.set_exit_code(kStartErrorCode);
  report_.set_reason("StartError");
  report_.set_message(Concat(Message(failure)));
  phase_ = Phase::kExited;
  WriteRecord();
}

}  // namespace jobpod::shim
