// The terminal of a process that is about to become its program.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// Opens a terminal in the process's own view of /dev, gives it to the plan's user, shows it as /dev/console
// where the container has a /dev of its own, and sends the owner's side over `socket`. Returns the process's
// side.
StatusOr<Fd> OpenConsole(const LaunchPlan& plan, int socket);

}  // namespace jobpod
