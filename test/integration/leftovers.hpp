// What a daemon must not leave behind once every pod is removed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "test/harness/daemon.hpp"

namespace jobpod::test {

// Taken before a daemon does anything; Found compares after it has removed everything and ended.
class Leftovers {
 public:
  explicit Leftovers(const Daemon& daemon);

  // One sentence each: processes, cgroups in any hierarchy that carry one of `ids`, mounts, mount point
  // stubs, state, writable layers, database rows.
  std::vector<std::string> Found(const std::set<std::string>& ids) const;

 private:
  std::string directory_;
  std::set<std::string> mounts_;
  bool root_stub_;
};

}  // namespace jobpod::test
