// The child between fork and exec (Linux): from a copy of the shim to the container's program.
#pragma once

#include <string>

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// Everything that must be opened while still in the shim and in the host's mount namespace happens here
// too: the child itself is a plain fork of the single-threaded shim, so ordinary code may run in it.
// Steps: namespaces → sources opened → mount namespace → mounts → terminal and standard streams → working
// directory → groups, gid, uid → capabilities → seccomp → executable → exec. On failure the sentence for the
// user is written to `error_pipe`
// ("<kind>\n<message>", kind an absl::StatusCode number) and the process ends with 128; on success
// exec closes `error_pipe` (O_CLOEXEC). Never returns.
[[noreturn]] void RunChild(const LaunchPlan& plan, const SpawnHandles& handles, int error_pipe);

// Parses what RunChild wrote; OK when the pipe closed without a word.
Status ChildError(std::string_view written);

}  // namespace jobpod
