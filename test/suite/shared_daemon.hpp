// The one daemon most cases use. Made at first use, gone at the end of the run.
#pragma once

#include <string>

#include "test/harness/daemon.hpp"

namespace jobpod::test {

Daemon& SharedDaemon();

// Called by the listener: the daemon's log of a failed case, and the end of the run.
std::string SharedDaemonLog();
void EndSharedDaemon();

}  // namespace jobpod::test
