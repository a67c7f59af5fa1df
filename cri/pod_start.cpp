#include "base/log.hpp"
#include "cri/admission.hpp"
#include "cri/handlers.hpp"
#include "cri/translate.hpp"

namespace jobpod::handle {

Status RunPodSandbox(const Rooms& rooms, Call& call, const cri::RunPodSandboxRequest& request,
                     cri::RunPodSandboxResponse* response) {
  const auto& config = request.config();
  const std::string& handler = HandlerInForce(config, request.runtime_handler(), rooms.default_handler);
  call.subject = Concat(config.metadata().namespace_(), "/", config.metadata().name());
  ASSIGN_OR_RETURN(const std::string layout, AdmitPod(rooms.admit, config, handler));
  if (KindOfPod(config, handler) == PodKind::kOther) {
    log::warn("pod {}: it is let in because pods.admit is all, and has the host's network and ports",
              call.subject);
  }
  ASSIGN_OR_RETURN(const PodSpec spec, TranslatePod(config, request.runtime_handler(), layout));
  ASSIGN_OR_RETURN(const std::string id, rooms.pods.RunPod(spec, call.stop));
  call.subject += Concat(" ", id);
  response->set_pod_sandbox_id(id);
  return absl::OkStatus();
}

}  // namespace jobpod::handle
