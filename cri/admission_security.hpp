// What of the security a pod or container asks for can be given, layout by layout. Refused is what matters and
// cannot be given: InvalidArgument, naming the field and what to set instead. Pure functions.
#pragma once

#include "base/status.hpp"
#include "cri/wire.hpp"

namespace jobpod {

// For the layouts "hostprocess" and "hostprocess-link".
Status CheckHostProcessSecurity(const cri::PodSandboxConfig& config);
Status CheckHostProcessSecurity(const cri::ContainerConfig& config);

// For the layout "image-root".
Status CheckImageRootSecurity(const cri::PodSandboxConfig& config);
Status CheckImageRootSecurity(const cri::ContainerConfig& config);

}  // namespace jobpod
