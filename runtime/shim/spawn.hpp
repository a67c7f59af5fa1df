// Starting a shim.
#pragma once

#include <cstdint>
#include <string>

#include "base/status.hpp"
#include "runtime/shim/protocol.pb.h"
#include "runtime/shim/socket_name.hpp"

namespace jobpod {

struct SpawnedShim {
  int32_t pid = 0;
  std::string socket;  // ShimSocket
};

// Makes the state directory (0700), writes <state_directory>/config, listens on the shim's socket (the owner's
// alone) and starts `shim_path` with it, so that a client may connect at once. The process is this process's
// child; on Linux whoever reaps SIGCHLD reaps it. Nothing but the directory stays on failure.
StatusOr<SpawnedShim> SpawnShim(const std::string& shim_path, const shim::Config& config);

// Kills the shim of a state directory, whether it answers or not: one that was stopped before it could say
// hello to this daemon is known by nothing but its arguments. `pid` as the store has it, 0 = look for it
// among all processes. One that has ended already is fine.
void KillShimOf(int32_t pid, const std::string& state_directory);

}  // namespace jobpod
