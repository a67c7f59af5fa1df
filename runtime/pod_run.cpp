// RunPodSandbox: a pod is its shim and its (empty) job; there is no pause process.
#include "base/file.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "runtime/hostname.hpp"
#include "runtime/job_name.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"
#include "runtime/names.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kHandshakeTimeout{10};
constexpr std::chrono::seconds kHelloDeadline{5};

Status CheckCancelled(const std::stop_token& stop) {
  return stop.stop_requested() ? absl::CancelledError("the client went away; nothing was kept")
                               : absl::OkStatus();
}

// Where a container can be shown no files of its own, a pod that named no handler gets the link layout, and says so.
Status ChooseLayout(PodRecord& record) {
  PodSpec& spec = *record.mutable_spec();
  if (spec.layout() != "hostprocess") return absl::OkStatus();
  Status bind = CheckBindLayout();
  if (bind.ok()) return bind;
  if (!spec.handler().empty()) return Annotate(bind, Concat("runtime handler \"", spec.handler(), "\" cannot be had"));
  spec.set_layout("hostprocess-link");
  record.add_notes(Concat("layout: hostprocess-link, because hostprocess cannot be had: ", Message(bind)));
  return absl::OkStatus();
}

}  // namespace

std::string Manager::StateDirectory(const std::string& pod_id) const {
  return Concat(config_.state, "/pods/", pod_id);
}

ShimClient::Callbacks Manager::CallbacksFor(const std::string& pod_id) {
  ShimClient::Callbacks callbacks;
  callbacks.exited = [this](const shim::ContainerReport& report) {
    if (auto container = GetContainer(report.id()); container.ok()) MarkExited(**container, report);
  };
  callbacks.log_lost = [this](const shim::LogLoss& loss) {
    lost_log_records_ += loss.records();
    log::warn("container {}: {} log records could not be written and are lost: {}", loss.container_id(),
              loss.records(), loss.why());
  };
  callbacks.disconnected = [this, pod_id] {
    workers_.Run([this, pod_id] { OnShimLost(pod_id); }).IgnoreError();
  };
  return callbacks;
}

StatusOr<std::shared_ptr<ShimClient>> Manager::StartShim(const PodRecord& record) {
  shim::Config shim_config;
  shim_config.set_protocol_version(kShimProtocolVersion);
  shim_config.set_pod_id(record.id());
  shim_config.set_state_directory(StateDirectory(record.id()));
  shim_config.set_job_name(record.job_name());
  *shim_config.mutable_limits() = record.spec().limits();
  shim_config.set_handshake_timeout_ms(
      static_cast<uint32_t>(kHandshakeTimeout / std::chrono::milliseconds(1)));
  shim_config.set_pod_pid_namespace(record.spec().pid() == NAMESPACE_POD);
  shim_config.set_pod_ipc_namespace(record.spec().ipc() == NAMESPACE_POD);
  ASSIGN_OR_RETURN(SpawnedShim spawned, SpawnShim(config_.shim_path, shim_config));
  // One that is only slow would take the greeting for a daemon that wants it, and stay for ever.
  ScopeExit kill_shim([&] { KillShimOf(spawned.pid, StateDirectory(record.id())); });
  ASSIGN_OR_RETURN(auto client, ShimClient::Connect(io_, spawned.socket, CallbacksFor(record.id())));
  ScopeExit close([&] { client->Close(); });
  RETURN_IF_ERROR(client->Hello(After(kHelloDeadline)).status());
  close.Release();
  kill_shim.Release();
  return client;
}

StatusOr<std::string> Manager::RunPod(const PodSpec& spec, std::stop_token stop) {
  RETURN_IF_ERROR(CheckPod(spec));
  std::string name = PodName(spec);
  RETURN_IF_ERROR(Annotate(ReserveName(name), "pod sandbox"));
  ScopeExit free_name([&] { FreeName(name); });

  PodRecord record;
  record.set_id(NewId());
  *record.mutable_spec() = spec;
  RETURN_IF_ERROR(ChooseLayout(record));
  if (spec.own_hostname()) record.mutable_spec()->set_hostname(HostnameOf(spec));
  ASSIGN_OR_RETURN(*record.mutable_job_name(),
                   PodJobName(spec.cgroup_parent(), config_.job_root, record.id()));
  if (!spec.log_directory().empty()) {
    Status made = MakeDirectories(spec.log_directory(), 0755);
    if (!made.ok()) {
      return absl::FailedPreconditionError(Concat("log_directory cannot be used: ", Message(made)));
    }
  }
  ScopeExit remove_state([&] { RemoveTree(StateDirectory(record.id())).IgnoreError(); });
  ScopeExit kill_job([&] { KillJob(record.job_name(), std::chrono::seconds(2)); });
  ASSIGN_OR_RETURN(auto client, StartShim(record));
  ScopeExit end_shim([&] {
    client->Expect();
    if (client->Shutdown(After(kHelloDeadline)).ok()) return;
    KillShimOf(client->shim_pid(), StateDirectory(record.id()));
  });
  RETURN_IF_ERROR(WritePodFiles(record));
  record.set_created_at(NowUnixNanos());
  record.set_ready(true);
  record.set_shim_pid(client->shim_pid());
  RETURN_IF_ERROR(CheckCancelled(stop));
  SaveCopy(record.id(), "pod.record", record.SerializeAsString());
  RETURN_IF_ERROR(Annotate(store_->Save(record), "the pod cannot be stored"));
  auto snapshot = std::make_shared<PodSnapshot>();
  snapshot->record = std::move(record);
  auto pod = std::make_shared<Pod>(snapshot);
  {
    absl::MutexLock lock(&pod->mutex);
    pod->shim_ = client;
  }
  AddPod(pod);
  end_shim.Release();
  kill_job.Release();
  remove_state.Release();
  free_name.Release();
  // The shim may have died between its handshake and AddPod, when nobody could be told.
  if (!client->connected()) OnShimLost(pod->id);
  PublishPod(EventKind::kCreated, *pod);
  PublishPod(EventKind::kStarted, *pod);
  return pod->id;
}

Status Manager::UpdatePodLimits(const std::string& id, const Limits& limits) {
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(id));
  ASSIGN_OR_RETURN(std::unique_ptr<Job> job, jobs_->Open(pod->view()->record.job_name()));
  ASSIGN_OR_RETURN(std::vector<std::string> skipped, job->UpdateLimits(limits));
  for (const std::string& what : skipped) log::warn("pod {}: {}", pod->id, what);
  return UpdatePod(*pod, true,
                   [&](PodRecord& record) { MergeLimits(limits, *record.mutable_spec()->mutable_limits()); });
}

}  // namespace jobpod
