// CreateContainer and RemoveContainer: files are prepared, nothing runs.
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/scope_exit.hpp"
#include "runtime/launch.hpp"
#include "runtime/manager.hpp"
#include "runtime/names.hpp"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kForgetDeadline{2};

Layout LayoutOf(const PodSpec& spec) {
  if (spec.layout() == "image-root") return Layout::kImageRoot;
  return spec.layout() == "hostprocess-link" ? Layout::kHostProcessLink : Layout::kHostProcess;
}

}  // namespace

StatusOr<MountList> Manager::PrepareFiles(const PodRecord& pod, const ContainerRecord& record) {
  ASSIGN_OR_RETURN(Rootfs rootfs, images_.Prepare(record.id(), record.spec().image_id()));
  VolumesRequest request;
  request.container_id = record.id();
  request.layout = LayoutOf(pod.spec());
  request.root.mutable_lower()->Assign(rootfs.lower.begin(), rootfs.lower.end());
  request.root.set_upper(rootfs.upper);
  request.root.set_work(rootfs.work);
  for (const VolumeSpec& spec : record.spec().volumes()) {
    VolumeRequest volume;
    volume.host_path = spec.host_path();
    if (!spec.image_id().empty()) {
      ASSIGN_OR_RETURN(volume.image_layers, images_.PrepareVolume(record.id(), spec.image_id()));
    }
    volume.image_sub_path = spec.image_sub_path();
    volume.container_path = spec.container_path();
    volume.readonly = spec.readonly();
    volume.recursive_readonly = spec.recursive_readonly();
    volume.propagation = spec.propagation();
    request.volumes.push_back(std::move(volume));
  }
  if (request.layout != Layout::kImageRoot) return volumes_.Prepare(request);
  return PrepareImageRoot(pod, record.spec(), std::move(request));
}

void Manager::ReleaseHost(const std::string& container_id) {
  Status accounts = accounts_.Release(container_id);
  if (!accounts.ok()) log::error("container {}: {}", container_id, Message(accounts));
  Status volumes = volumes_.Release(container_id);
  if (!volumes.ok()) log::error("container {}: {}", container_id, Message(volumes));
  Status rootfs = images_.Release(container_id);
  if (!rootfs.ok()) log::error("container {}: {}", container_id, Message(rootfs));
}

StatusOr<std::string> Manager::CreateContainer(const std::string& pod_id, const ContainerSpec& spec,
                                               std::stop_token stop) {
  ASSIGN_OR_RETURN(PodPointer pod, GetPod(pod_id));
  PodView pod_view = pod->view();
  if (!pod_view->ready()) {
    return absl::FailedPreconditionError(Concat("pod sandbox ", pod_id, " is not ready; run a new one"));
  }
  std::string name = ContainerName(spec, pod_view->record.spec());
  RETURN_IF_ERROR(Annotate(ReserveName(name), "container"));
  ScopeExit free_name([&] { FreeName(name); });

  auto snapshot = std::make_shared<ContainerSnapshot>();
  ContainerRecord& record = snapshot->record;
  record.set_id(NewId());
  record.set_pod_id(pod->id);
  *record.mutable_spec() = spec;
  *record.mutable_limits() = spec.limits();
  ASSIGN_OR_RETURN(*record.mutable_log_path(),
                   JoinLogPath(pod_view->record.spec().log_directory(), spec.log_path()));
  ASSIGN_OR_RETURN(ImagePointer image, images_.Find(spec.image_id()));
  if (image == nullptr) {
    return absl::NotFoundError(Concat("image ", spec.image_id(), " is not present; pull it first"));
  }
  ScopeExit release_host([&] { ReleaseHost(record.id()); });
  ASSIGN_OR_RETURN(MountList mounts, PrepareFiles(pod_view->record, record));
  ASSIGN_OR_RETURN(*record.mutable_plan(),
                   ComposePlan(pod_view->record, record, image->config, std::move(mounts),
                               static_cast<uint32_t>(config_.survivor_grace.count())));
  if (record.plan().mounts().has_image_root()) {
    RETURN_IF_ERROR(IsolateImageRoot(pod_view->record.spec(), spec, *record.mutable_plan()));
  }
  if (stop.stop_requested()) return absl::CancelledError("the client went away; nothing was kept");
  record.set_created_at(NowUnixNanos());
  SaveCopy(pod->id, Concat(record.id(), ".record"), record.SerializeAsString());
  RETURN_IF_ERROR(Annotate(store_->Save(record), "the container cannot be stored"));
  auto container = std::make_shared<Container>(snapshot);
  {
    absl::MutexLock lock(&pod->mutex);
    if (pod->removed) {
      store_->DeleteContainer(container->id).IgnoreError();
      return absl::FailedPreconditionError(Concat("pod sandbox ", pod_id, " is being removed"));
    }
    AddContainer(container);
  }
  release_host.Release();
  free_name.Release();
  PublishContainer(EventKind::kCreated, *container);
  return container->id;
}

Status Manager::RemoveContainer(const std::string& id) {
  StatusOr<ContainerPointer> found = GetContainer(id);
  if (absl::IsNotFound(found.status())) return absl::OkStatus();
  RETURN_IF_ERROR(found.status());
  Container& container = **found;
  RETURN_IF_ERROR(StopContainer(container.id, std::chrono::milliseconds(0)));
  absl::MutexLock operation(&container.operation);
  // Started between the stop and the lock: once more, now nobody can start it.
  RETURN_IF_ERROR(StopContainer(container.id, std::chrono::milliseconds(0)));
  StatusOr<PodPointer> pod = GetPod(container.pod_id);
  std::shared_ptr<ShimClient> client = pod.ok() ? (*pod)->shim() : nullptr;
  if (client != nullptr && container.view()->record.started_at() != 0) {
    client->Forget(container.id, After(kForgetDeadline)).IgnoreError();
  }
  {
    absl::MutexLock lock(&container.usage_mutex);
    container.job.reset();
  }
  ReleaseHost(container.id);
  Status deleted = store_->DeleteContainer(container.id);
  if (!deleted.ok()) log::error("container {} is not deleted from the database: {}", id, Message(deleted));
  if (pod.ok()) RemoveCopies(container);
  std::string name =
      ContainerName(container.view()->record.spec(), pod.ok() ? (*pod)->view()->record.spec() : PodSpec());
  {
    absl::MutexLock lock(&mutex_);
    if (containers_.erase(container.id) == 0) return absl::OkStatus();
    names_.erase(name);
  }
  PublishContainer(EventKind::kDeleted, container);
  return absl::OkStatus();
}

}  // namespace jobpod
