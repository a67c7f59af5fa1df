// Jobs as cgroups of a given system: SystemJobs() uses this host's; tests give parts of it, or a
// directory of plain files.
#pragma once

#include <memory>

#include "runtime/cgroup_system.hpp"
#include "runtime/job.hpp"

namespace jobpod {

std::unique_ptr<Jobs> MakeLinuxJobs(CgroupSystem system);

}  // namespace jobpod
