// The last step of the child: finding the plan's program and becoming it.
#pragma once

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// Tries plan.executables in order and replaces the process by the first that runs. Returns only on
// failure, with the sentence for the user: nothing found, a directory, not permitted, a missing
// interpreter (named), not a program. No shell is ever tried in between.
//
// A candidate below the rootfs is resolved as if the rootfs were `/`, so that an image's absolute link
// (/bin/ls -> /bin/busybox) does not lead to the host's program.
Status ExecProgram(const LaunchPlan& plan);

// The interpreter (ELF or `#!`) that keeps an existing program from running; empty when none is missing
// or the file cannot be read.
std::string MissingInterpreter(const std::string& program);

}  // namespace jobpod
