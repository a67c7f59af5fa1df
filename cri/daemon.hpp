// The daemon: puts the rooms together, serves until it is told to end. Pods outlive it.
#pragma once

#include "base/status.hpp"
#include "cri/config.hpp"
#include "cri/service_manager.hpp"

namespace jobpod {

// Runs to the end: lock, images, pods, services, endpoint, HTTP, ready; then waits for `manager` to
// end it, and stops serving within some seconds. An error is the reason why it could not start.
Status RunDaemon(const DaemonConfig& config, ServiceManager& manager);

}  // namespace jobpod
