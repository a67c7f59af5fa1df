// What is on a Linux host: cgroups, mounts, what processes use. Read from /proc and /sys, never through the daemon.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "test/harness/processes.hpp"

namespace jobpod::test {

// Where each hierarchy's cgroups are mounted, "/sys/fs/cgroup/memory" and so on.
std::vector<std::string> CgroupMounts();
// Every cgroup directory, in any hierarchy, whose path contains the text.
std::vector<std::string> CgroupsWith(const std::string& text);
// The full directory of a process's cgroup in the hierarchy of `controller` ("memory", "cpu"), v1 or v2.
std::string CgroupOf(pid_t pid, const std::string& controller);
// Mount points of this namespace.
std::set<std::string> MountPoints();

uint64_t ResidentBytes(pid_t pid);      // VmRSS
uint64_t ProportionalBytes(pid_t pid);  // PSS
size_t OpenFiles(pid_t pid);
// CPU time of all threads so far.
uint64_t CpuNanoseconds(pid_t pid);

}  // namespace jobpod::test
