// Where this host's cgroup hierarchies are mounted and which controllers they have.
//
//   v2      one cgroup2 hierarchy with all controllers
//   hybrid  v1 controllers mounted one by one, and a cgroup2 hierarchy that tracks and kills
//   v1      no cgroup2: the freezer (else name=systemd, else memory) hierarchy tracks processes
//
// The tracker is the one hierarchy in which every job, exec jobs included, has a group of its own: who is
// in it is the process tree, killing it kills the tree. On v1 that is a private freezer group, in which
// the tree is frozen, killed and thawed, so that a fork bomb cannot run ahead.
//
// Job names are directories below each hierarchy's mounted root, wherever the daemon itself lives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod {

struct Hierarchy {
  int version = 2;
  std::vector<std::string> controllers;  // "memory", "cpu", …; "name=systemd" for a named one
  std::string root;                      // the mounted directory

  bool Has(std::string_view controller) const;
  std::string Path(std::string_view job) const { return Concat(root, "/", job); }
};

// Plain data, read once, then shared by all jobs and never changed.
struct CgroupSystem {
  std::vector<Hierarchy> hierarchies;
  JobSystem description;
  std::string block_device;  // "8:0", the disk below `/`, for IO limits; empty = none
  size_t tracker = 0;        // index of the hierarchy every job has a directory in

  const Hierarchy& Tracker() const { return hierarchies[tracker]; }
  // The hierarchy with this controller; nullptr = this host has none.
  const Hierarchy* With(std::string_view controller) const;
};

// Controllers every limited job has a directory for, so that limits and usage work from the start.
// The others (cpuset, io, hugetlb) are joined when a limit asks for them.
bool IsCoreController(std::string_view controller);

// The mounts of a /proc/self/mountinfo. Controllers of a cgroup2 mount are left empty: they are in its
// cgroup.controllers.
std::vector<Hierarchy> ParseCgroupMounts(std::string_view mountinfo);

// Chooses mode and tracker, and says what is missing. NotFound when there is nothing to build on.
StatusOr<CgroupSystem> MakeCgroupSystem(std::vector<Hierarchy> hierarchies);

// This host's system. PermissionDenied when the hierarchies cannot be written.
StatusOr<CgroupSystem> DetectCgroupSystem();

}  // namespace jobpod
