// The directories of a job: making them, enabling controllers down to them, finding where a process of
// the job belongs. Thread-safe; jobs of different names do not disturb one another.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "runtime/cgroup_system.hpp"

namespace jobpod {

// InvalidArgument unless `name` can be a path of directories below a hierarchy's root.
Status CheckJobName(std::string_view name);

// Makes the job's directory in the tracker and, for a limited job, in the hierarchies of the core
// controllers; missing parents too. AlreadyExists when there is one with processes in it; an empty
// leftover is removed first. On failure nothing of the job stays.
Status MakeGroups(const CgroupSystem& system, const std::string& job, JobKind kind);

// Gives a limited job an own group of a controller that is not a core one, with the job's running
// processes moved into it. NotFound when this system does not have the controller.
Status EnsureController(const CgroupSystem& system, const std::string& job, std::string_view controller);

// Whether the job has limits of its own.
bool IsLimitedJob(const CgroupSystem& system, const std::string& job);

// One v1 group a new process of the job has to join.
struct GroupToJoin {
  std::string directory;
  bool required = true;  // false: somebody else's group on the way, which may be unusable (empty cpuset)
};

// The deepest group on the job's path in each v1 hierarchy, roots left out: an exec job's are the
// container's. NotFound when a limited job has lost one of its own.
StatusOr<std::vector<GroupToJoin>> GroupsToJoin(const CgroupSystem& system, const std::string& job,
                                                JobKind kind);

}  // namespace jobpod
