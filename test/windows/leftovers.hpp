// What a daemon must not leave behind once every pod is removed.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "test/harness/daemon.hpp"

namespace jobpod::test {

// One sentence each: processes, job objects and rootfs links of one of `ids`, state, layers, database rows.
std::vector<std::string> Leftovers(const Daemon& daemon, const std::set<std::string>& ids);

}  // namespace jobpod::test
