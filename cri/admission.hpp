// Who is let in, and in which layout. A HostProcess container owns the node, so nothing is made one
// silently: the request must say so, and whatever it asks for beyond that and matters for security is
// refused when it cannot be given. Every refusal is InvalidArgument and names the field to set.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/rooms.hpp"
#include "cri/wire.hpp"

namespace jobpod {

inline constexpr char kHandlerHostProcess[] = "hostprocess";
inline constexpr char kHandlerHostProcessLink[] = "hostprocess-link";
inline constexpr char kHandlerImageRoot[] = "image-root";

enum class PodKind { kHostProcess, kHostNetwork, kOther };

PodKind KindOfPod(const cri::PodSandboxConfig& config, const std::string& handler);

// `handler`, or, for a privileged pod on the host's network that names none, `default_handler`.
const std::string& HandlerInForce(const cri::PodSandboxConfig& config, const std::string& handler,
                                  const std::string& default_handler);

// Unknown text is kHostProcess, the strictest.
AdmitLevel ParseAdmitLevel(const std::string& text);

// The pod's layout, "hostprocess", "hostprocess-link" or "image-root".
StatusOr<std::string> AdmitPod(AdmitLevel level, const cri::PodSandboxConfig& config,
                               const std::string& handler);

// `pod` is what the sandbox was made with, and admitted.
Status AdmitContainer(const cri::PodSandboxConfig& pod, const cri::ContainerConfig& container);

// The same for a pod whose layout is "image-root".
Status AdmitImageRootContainer(const cri::ContainerConfig& container);

// What was asked for, admitted, and is not applied, one sentence each: kubelet's routine defaults, mostly.
// For verbose status.
std::vector<std::string> NotApplied(const cri::PodSandboxConfig& pod);
std::vector<std::string> NotApplied(const cri::ContainerConfig& container);
std::vector<std::string> NotAppliedInImageRoot(const cri::PodSandboxConfig& pod);
std::vector<std::string> NotAppliedInImageRoot(const cri::ContainerConfig& container);

}  // namespace jobpod
