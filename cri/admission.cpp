#include "cri/admission.hpp"

#include "cri/admission_security.hpp"

namespace jobpod {
namespace {

constexpr char kMismatch[] =
    "pod spec and all containers inside must have the HostProcess field set to be valid";

// kubelet shows a refusal as the pod's event: it says what to write into the pod's manifest, too.
constexpr char kInManifest[] =
    "; in the pod's manifest: runtimeClassName of a class with handler hostprocess, hostNetwork: true, and "
    "privileged: true for every container";

bool WantsHostProcess(const cri::PodSandboxConfig& config) {
  return config.windows().security_context().host_process();
}

const cri::NamespaceOption& Namespaces(const cri::PodSandboxConfig& config) {
  return config.linux().security_context().namespace_options();
}

bool KnownHandler(const std::string& handler) {
  return handler.empty() || handler == kHandlerHostProcess || handler == kHandlerHostProcessLink ||
         handler == kHandlerImageRoot;
}

Status UnknownHandler(const std::string& handler) {
  return absl::InvalidArgumentError(Concat("runtime handler \"", handler, "\" is not known; use ",
                                           kHandlerHostProcess, ", ", kHandlerHostProcessLink, ", ",
                                           kHandlerImageRoot, " or leave runtime_handler empty"));
}

Status HostProcessInImageRoot(const std::string& name) {
  return absl::InvalidArgumentError(
      Concat("pod ", name,
             " is a HostProcess pod and runtime handler image-root is for others: use runtime "
             "handler hostprocess, or leave windows.security_context.host_process out"));
}

Status NotHostProcess(const std::string& name) {
  return absl::InvalidArgumentError(
      Concat("pod ", name,
             " is not a HostProcess pod and pods.admit is host-process: set "
             "windows.security_context.host_process, or use runtime handler hostprocess with "
             "linux.security_context.namespace_options.network NODE",
             kInManifest));
}

Status NotHostNetwork(const std::string& name) {
  return absl::InvalidArgumentError(
      Concat("pod ", name,
             " is neither a HostProcess nor a host-network pod and pods.admit is host-network: set "
             "linux.security_context.namespace_options.network to NODE, or "
             "windows.security_context.host_process; in the pod's manifest: hostNetwork: true"));
}

Status HandlerNeedsHostNetwork(const std::string& handler) {
  return absl::InvalidArgumentError(Concat("runtime handler ", handler,
                                           " runs pods in the host's network: set "
                                           "linux.security_context.namespace_options.network to NODE, or "
                                           "windows.security_context.host_process; in the pod's manifest: "
                                           "hostNetwork: true"));
}

}  // namespace

AdmitLevel ParseAdmitLevel(const std::string& text) {
  if (text == "all") return AdmitLevel::kAll;
  return text == "host-network" ? AdmitLevel::kHostNetwork : AdmitLevel::kHostProcess;
}

const std::string& HandlerInForce(const cri::PodSandboxConfig& config, const std::string& handler,
                                  const std::string& default_handler) {
  const bool privileged = config.linux().security_context().privileged();
  const bool chosen = !handler.empty() || WantsHostProcess(config);
  return chosen || !privileged || Namespaces(config).network() != cri::NODE ? handler : default_handler;
}

PodKind KindOfPod(const cri::PodSandboxConfig& config, const std::string& handler) {
  if (WantsHostProcess(config)) return PodKind::kHostProcess;
  if (Namespaces(config).network() != cri::NODE) return PodKind::kOther;
  const bool by_handler = handler == kHandlerHostProcess || handler == kHandlerHostProcessLink;
  return by_handler ? PodKind::kHostProcess : PodKind::kHostNetwork;
}

StatusOr<std::string> AdmitPod(AdmitLevel level, const cri::PodSandboxConfig& config,
                               const std::string& handler) {
  if (!KnownHandler(handler)) return UnknownHandler(handler);
  const std::string name = Concat(config.metadata().namespace_(), "/", config.metadata().name());
  const PodKind kind = KindOfPod(config, handler);
  if (kind != PodKind::kHostProcess) {
    if (!handler.empty() && handler != kHandlerImageRoot) return HandlerNeedsHostNetwork(handler);
    if (level == AdmitLevel::kHostProcess) return NotHostProcess(name);
    if (level == AdmitLevel::kHostNetwork && kind == PodKind::kOther) return NotHostNetwork(name);
    RETURN_IF_ERROR(CheckImageRootSecurity(config));
    return kHandlerImageRoot;
  }
  if (handler == kHandlerImageRoot) return HostProcessInImageRoot(name);
  RETURN_IF_ERROR(CheckHostProcessSecurity(config));
  return handler.empty() ? kHandlerHostProcess : handler;
}

Status AdmitContainer(const cri::PodSandboxConfig& pod, const cri::ContainerConfig& container) {
  const bool host_process = container.windows().security_context().host_process();
  const bool privileged = container.linux().security_context().privileged();
  if (!host_process && !privileged) {
    const std::string name = container.metadata().name();
    if (WantsHostProcess(pod)) {
      return absl::InvalidArgumentError(Concat(kMismatch, ": container ", name,
                                               " has neither windows.security_context.host_process nor "
                                               "linux.security_context.privileged"));
    }
    return absl::InvalidArgumentError(
        Concat("container ", name,
               " of a HostProcess pod must itself have linux.security_context.privileged or "
               "windows.security_context.host_process set; in the pod's manifest: privileged: true in the "
               "container's securityContext"));
  }
  return CheckHostProcessSecurity(container);
}

Status AdmitImageRootContainer(const cri::ContainerConfig& container) {
  if (container.windows().security_context().host_process()) {
    return absl::InvalidArgumentError(
        Concat(kMismatch, ": container ", container.metadata().name(),
               " has windows.security_context.host_process and its pod has not"));
  }
  return CheckImageRootSecurity(container);
}

}  // namespace jobpod
