// Birth inside: a new process is a member of its groups before its first instruction of its own.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/cgroup_groups.hpp"
#include "runtime/job.hpp"

namespace jobpod {

// Where the process is born.
struct Birthplace {
  std::string job;
  std::string v2_directory;         // empty = no cgroup2 hierarchy
  std::vector<GroupToJoin> groups;  // v1
};

// Forks into the birthplace and runs RunChild there. Call from a single-threaded process: ordinary code
// runs in the child. Comes back when the program has been started (exec) or has failed and is reaped.
StatusOr<Spawned> SpawnInto(const Birthplace& place, const LaunchPlan& plan, const SpawnHandles& handles);

}  // namespace jobpod
