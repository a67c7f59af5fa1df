#include "cri/item_list.hpp"
#include "cri/views.hpp"

namespace jobpod {
namespace {

void SetMetadata(const PodSpec& spec, cri::PodSandboxMetadata& metadata) {
  metadata.set_name(spec.name());
  metadata.set_namespace_(spec.namespace_());
  metadata.set_uid(spec.uid());
  metadata.set_attempt(spec.attempt());
}

std::string BuildItem(const PodSnapshot& pod) {
  const auto& spec = pod.record.spec();
  cri::PodSandbox item;
  item.set_id(pod.record.id());
  SetMetadata(spec, *item.mutable_metadata());
  item.set_state(StateOf(pod));
  item.set_created_at(pod.record.created_at());
  *item.mutable_labels() = spec.labels();
  *item.mutable_annotations() = spec.annotations();
  item.set_runtime_handler(spec.handler());
  return WireItem(item);
}

}  // namespace

cri::PodSandboxConfig ConfigOf(const PodRecord& record) {
  cri::PodSandboxConfig config;
  config.ParseFromString(record.spec().request());
  return config;
}

cri::PodSandboxState StateOf(const PodSnapshot& pod) {
  return pod.ready() ? cri::SANDBOX_READY : cri::SANDBOX_NOTREADY;
}

const std::string& ListItem(const PodSnapshot& pod) {
  return pod.list_item.Get([&] { return BuildItem(pod); });
}

// The Linux part is there on every system: kubelet compares the network mode with the one it wants, and
// makes the pod anew for ever on a difference.
cri::PodSandboxStatus StatusOf(const PodSnapshot& pod, const HostIdentity& host) {
  const auto& spec = pod.record.spec();
  const auto config = ConfigOf(pod.record);
  cri::PodSandboxStatus status;
  status.set_id(pod.record.id());
  SetMetadata(spec, *status.mutable_metadata());
  status.set_state(StateOf(pod));
  status.set_created_at(pod.record.created_at());
  *status.mutable_linux()->mutable_namespaces()->mutable_options() =
      config.linux().security_context().namespace_options();
  *status.mutable_labels() = spec.labels();
  *status.mutable_annotations() = spec.annotations();
  status.set_runtime_handler(spec.handler());
  for (const auto& address : host.addresses) {
    auto* network = status.mutable_network();
    if (network->ip().empty()) {
      network->set_ip(address);
    } else {
      network->add_additional_ips()->set_ip(address);
    }
  }
  return status;
}

}  // namespace jobpod
