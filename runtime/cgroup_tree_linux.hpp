// The process tree in a job's cgroup: listing, signalling, killing, removing. All functions work on
// nested groups too and are thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "runtime/cgroup_system.hpp"

namespace jobpod {

// NotFound when the group is gone.
StatusOr<std::vector<int32_t>> TreeProcesses(const std::string& directory);

// True when no process is in the group, or when there is no such group.
bool TreeEmpty(const Hierarchy& tracker, const std::string& directory);

// Sends the signal to each process; one that is gone meanwhile is never mistaken for another that got
// its number.
Status SignalTree(const std::string& directory, int signal);

// Kills everything in the group, by the kernel where it can, else frozen and one by one. Comes back when
// all have been killed; where nothing can freeze, when the group is empty, DeadlineExceeded after 2 s.
Status KillTree(const Hierarchy& tracker, const std::string& directory);

// Removes the job's directories, nested first, in every hierarchy. Waits a moment for killed processes
// to leave; FailedPrecondition when some do not.
Status RemoveGroups(const CgroupSystem& system, const std::string& job);

}  // namespace jobpod
