// The child's namespaces other than its mounts.
#pragma once

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// Enters or makes what plan.isolation asks for: IPC, host name, and on hosts with cgroup v2 alone a cgroup
// namespace. The process namespace is the matter of the clone. Called in the host's mount namespace.
Status MakeNamespaces(const LaunchPlan& plan, const SpawnHandles& handles);

// Enters all namespaces of a running container but its process namespace (a matter of the clone); its root
// becomes ours. `process` is a pidfd.
Status EnterNamespacesOf(int process);

}  // namespace jobpod
