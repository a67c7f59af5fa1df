// The child's account, capabilities and system call filter.
#pragma once

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

// Becomes the plan's user. With an isolation the capabilities are cut down to the plan's (bounding,
// permitted, effective; a user other than root keeps none but the ambient ones past exec) and the seccomp
// filter is put on last, so that it meets nothing of ours but the exec. Sets no_new_privs where asked.
Status BecomeUser(const LaunchPlan& plan);

}  // namespace jobpod
