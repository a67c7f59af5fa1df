// Where a pod's job lies below each hierarchy's root.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

// `cgroup_parent` as CRI gives it (a path, or a systemd slice name, which is expanded to its path) or, when
// empty, `job_root`; then the pod's id. No leading slash. InvalidArgument for `..`.
StatusOr<std::string> PodJobName(const std::string& cgroup_parent, const std::string& job_root,
                                 const std::string& pod_id);

}  // namespace jobpod
