#include <nlohmann/json.hpp>

#include "cri/admission.hpp"
#include "cri/handlers.hpp"

namespace jobpod::handle {
namespace {

// Kubelet takes no other; it is the version of the interface's first days.
constexpr char kKubeletApiVersion[] = "0.1.0";

void AddCondition(const char* type, bool status, const char* reason, const char* message,
                  cri::RuntimeStatus& out) {
  auto* condition = out.add_conditions();
  condition->set_type(type);
  condition->set_status(status);
  if (status) return;
  condition->set_reason(reason);
  condition->set_message(message);
}

const char* NameOf(AdmitLevel level) {
  switch (level) {
    case AdmitLevel::kAll:
      return "all";
    case AdmitLevel::kHostNetwork:
      return "host-network";
    default:
      return "host-process";
  }
}

std::string ConfigInfo(const Rooms& rooms) {
  return nlohmann::json{{"runtimeVersion", rooms.runtime_version}, {"admit", NameOf(rooms.admit)}}.dump();
}

// What this host can do with jobs, and sentences about what it cannot.
std::string HostInfo(const JobSystem& system) {
  return nlohmann::json{{"jobs", system.mode},
                        {"controllers", system.controllers},
                        {"kernelTreeKill", system.kernel_tree_kill},
                        {"missing", system.missing}}
      .dump();
}

// How far the pulls under way are.
std::string PullInfo(const Images& images) {
  auto pulls = nlohmann::json::array();
  for (const PullInFlight& pull : images.Pulls()) {
    auto layers = nlohmann::json::array();
    for (const PullProgress& layer : pull.layers)
      layers.push_back({{"layer", layer.layer},
                        {"phase", layer.phase},
                        {"doneBytes", layer.done_bytes},
                        {"totalBytes", layer.total_bytes}});
    pulls.push_back({{"reference", pull.reference}, {"waiting", pull.waiting}, {"layers", layers}});
  }
  return pulls.dump();
}

// User namespaces are nowhere; recursive read-only mounts where a pod may get the image as its root.
void AddHandlers(AdmitLevel level, cri::StatusResponse& response) {
  const bool image_root = level != AdmitLevel::kHostProcess;
  const auto add = [&](const char* name, bool recursive_readonly) {
    auto* handler = response.add_runtime_handlers();
    handler->set_name(name);
    handler->mutable_features()->set_recursive_read_only_mounts(recursive_readonly);
  };
  add("", image_root);
  add(kHandlerHostProcess, false);
  add(kHandlerHostProcessLink, false);
  if (image_root) add(kHandlerImageRoot, true);
}

}  // namespace

Status Version(const Rooms& rooms, Call&, const cri::VersionRequest&, cri::VersionResponse* response) {
  response->set_version(kKubeletApiVersion);
  response->set_runtime_name("jobpod");
  response->set_runtime_version(rooms.runtime_version);
  response->set_runtime_api_version("v1");
  return absl::OkStatus();
}

Status RuntimeStatus(const Rooms& rooms, Call&, const cri::StatusRequest& request,
                     cri::StatusResponse* response) {
  auto& status = *response->mutable_status();
  AddCondition("RuntimeReady", rooms.ready(), "Starting", "pods are being recovered", status);
  AddCondition("NetworkReady", true, "", "", status);  // it is the host's
  AddHandlers(rooms.admit, *response);
  response->mutable_features()->set_supplemental_groups_policy(true);
  if (!request.verbose()) return absl::OkStatus();
  auto& info = *response->mutable_info();
  info["config"] = ConfigInfo(rooms);
  info["host"] = HostInfo(rooms.pods.job_system());
  info["pulls"] = PullInfo(rooms.images);
  return absl::OkStatus();
}

Status RuntimeConfig(const Rooms&, Call&, const cri::RuntimeConfigRequest&,
                     cri::RuntimeConfigResponse* response) {
  response->mutable_linux()->set_cgroup_driver(cri::CGROUPFS);
  return absl::OkStatus();
}

// A pod CIDR means nothing to pods in the host's network.
Status UpdateRuntimeConfig(const Rooms&, Call&, const cri::UpdateRuntimeConfigRequest&,
                           cri::UpdateRuntimeConfigResponse*) {
  return absl::OkStatus();
}

Status NotAvailable(const char* rpc, const char* why) {
  return absl::UnimplementedError(Concat(rpc, " is not available: ", why));
}

}  // namespace jobpod::handle
