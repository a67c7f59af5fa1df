// What this host can and cannot do for jobpod: the lines of `jobpod doctor`. Asked in the daemon (its
// capabilities count), or in the command line when no daemon answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jobpod {

enum class CheckResult { kOk, kWarn, kFail };

struct HostCheck {
  std::string name;  // "overlayfs"
  CheckResult result = CheckResult::kOk;
  std::string detail;  // what was found
  std::string remedy;  // what to do; empty when OK
};

// Looks anew at each call. `root` is the daemon's root directory; it need not exist. Leaves nothing
// behind. Thread-safe; may take some milliseconds.
std::vector<HostCheck> CheckHost(const std::string& root);

// Whether the loopback port could be served. For use while no daemon serves it.
HostCheck CheckPort(uint16_t port);

// The part about process trees (cgroups on Linux).
HostCheck CheckJobs();

}  // namespace jobpod
