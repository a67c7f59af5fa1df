#pragma once

namespace jobpod::shim {

// How the shim's own program is called to hold a pod's namespaces.
inline constexpr char kPodInitName[] = "jobpod-init";

// The first process of a pod that shares a process or IPC namespace, in place of a pause container: no image,
// no file of the host in sight (its root is an empty tmpfs, the pod's shared memory), no capability. Says
// "ready" on standard output by closing it and waits for the end of standard input, until when the shim has
// taken hold of the namespaces. Then it ends, unless it is the first process of a process namespace: there
// it reaps orphans until it is killed with the pod.
int PodInitMain();

}  // namespace jobpod::shim
