#include "cri/item_list.hpp"
#include "cri/translate.hpp"
#include "cri/views.hpp"

namespace jobpod {
namespace {

constexpr int kDefaultStopSignal = 15;

void SetMetadata(const ContainerSpec& spec, cri::ContainerMetadata& metadata) {
  metadata.set_name(spec.name());
  metadata.set_attempt(spec.attempt());
}

std::string BuildItem(const ContainerSnapshot& container) {
  const auto& record = container.record;
  const auto& spec = record.spec();
  cri::Container item;
  item.set_id(record.id());
  item.set_pod_sandbox_id(record.pod_id());
  SetMetadata(spec, *item.mutable_metadata());
  *item.mutable_image() = ConfigOf(record).image();
  item.set_image_ref(spec.image_reference());
  item.set_image_id(spec.image_id());
  item.set_state(StateOf(container));
  item.set_created_at(record.created_at());
  *item.mutable_labels() = spec.labels();
  *item.mutable_annotations() = spec.annotations();
  return WireItem(item);
}

// Kubelet gives the id it has pulled; people want to read a name.
void SetImage(const cri::ContainerConfig& config, const ContainerSpec& spec, const Images& images,
              cri::ContainerStatus& status) {
  *status.mutable_image() = config.image();
  status.set_image_ref(spec.image_reference());
  status.set_image_id(spec.image_id());
  if (config.image().image() != spec.image_id()) return;
  const auto image = images.Find(spec.image_id());
  if (image.ok() && *image != nullptr && !(*image)->repo_tags.empty()) {
    status.mutable_image()->set_image((*image)->repo_tags.front());
  }
}

// Exactly as asked for: kubelet finds its termination message by comparing container_path byte for byte.
// Only the reference of an image volume's image is filled in. Volumes stand in the order of the mounts.
void SetMounts(const cri::ContainerConfig& config, const ContainerSpec& spec, cri::ContainerStatus& status) {
  *status.mutable_mounts() = config.mounts();
  for (int i = 0; i < status.mounts_size() && i < spec.volumes_size(); ++i) {
    const std::string& image_id = spec.volumes(i).image_id();
    if (!image_id.empty()) status.mutable_mounts(i)->mutable_image()->set_image_ref(image_id);
  }
}

// Known once the account has been looked up, at start.
void SetUser(const ContainerRecord& record, cri::ContainerStatus& status) {
  if (record.started_at() == 0 || !record.plan().has_user()) return;
  auto* user = status.mutable_user()->mutable_linux();
  user->set_uid(record.plan().user().uid());
  user->set_gid(record.plan().user().gid());
  for (const uint32_t group : record.plan().user().groups()) user->add_supplemental_groups(group);
}

void SetLife(const ContainerSnapshot& container, cri::ContainerStatus& status) {
  const auto& record = container.record;
  status.set_state(StateOf(container));
  status.set_created_at(record.created_at());
  status.set_started_at(record.started_at());
  status.set_finished_at(record.finished_at());
  status.set_exit_code(record.exit_code());
  status.set_reason(record.reason());
  status.set_message(record.message());
}

}  // namespace

cri::ContainerConfig ConfigOf(const ContainerRecord& record) {
  cri::ContainerConfig config;
  config.ParseFromString(record.spec().request());
  return config;
}

cri::ContainerState StateOf(const ContainerSnapshot& container) {
  switch (container.state()) {
    case ContainerState::kCreated:
      return cri::CONTAINER_CREATED;
    case ContainerState::kRunning:
      return cri::CONTAINER_RUNNING;
    case ContainerState::kExited:
      return cri::CONTAINER_EXITED;
    default:
      return cri::CONTAINER_UNKNOWN;
  }
}

const std::string& ListItem(const ContainerSnapshot& container) {
  return container.list_item.Get([&] { return BuildItem(container); });
}

cri::ContainerStatus StatusOf(const ContainerSnapshot& container, const Images& images) {
  const auto& record = container.record;
  const auto& spec = record.spec();
  const auto config = ConfigOf(record);
  cri::ContainerStatus status;
  status.set_id(record.id());
  SetMetadata(spec, *status.mutable_metadata());
  SetLife(container, status);
  SetImage(config, spec, images, status);
  *status.mutable_labels() = spec.labels();
  *status.mutable_annotations() = spec.annotations();
  SetMounts(config, spec, status);
  status.set_log_path(record.log_path());
  *status.mutable_resources() = ResourcesInForce(config, record);
  SetUser(record, status);
  const int signal = record.plan().stop_signal();
  status.set_stop_signal(SignalOf(signal == 0 ? kDefaultStopSignal : signal));
  return status;
}

}  // namespace jobpod
