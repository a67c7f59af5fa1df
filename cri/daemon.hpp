// The daemon: puts the rooms together, serves until it is told to end. Pods outlive it.
#pragma once

#include <functional>

#include "base/status.hpp"
#include "cri/config.hpp"

namespace jobpod {

// Runs to the end: lock, images, pods, services, endpoint, HTTP, ready; then waits for `wait_for_end` to
// return, and stops serving within some seconds. An error is the reason why it could not start.
Status RunDaemon(const DaemonConfig& config, const std::function<void()>& wait_for_end);

}  // namespace jobpod
