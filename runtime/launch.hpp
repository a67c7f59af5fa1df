// Putting a LaunchPlan together from what the rooms returned.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"
#include "image/images.hpp"
#include "runtime/record.pb.h"
#include "runtime/user.hpp"

namespace jobpod {

// The container's plan except for its isolation and its account, which is looked up at start (FinishPlan).
// Validates the command, log path and stop signal. `mounts` comes from volumes::Prepare.
StatusOr<LaunchPlan> ComposePlan(const PodRecord& pod, const ContainerRecord& container,
                                 const ImageConfig& image, MountList mounts, uint32_t survivor_grace_ms);

// Looks the account up and completes the environment.
Status FinishPlan(const ContainerRecord& container, const std::string& image_user, Accounts& accounts,
                  LaunchPlan& plan);

// A plan for another process in a started container: its environment (with a terminal also TERM), user,
// directory and view.
StatusOr<LaunchPlan> ComposeExecPlan(const LaunchPlan& container, const std::string& exec_id,
                                     const std::vector<std::string>& command, bool terminal = false);

// Absolute log path, in the system's own way of naming files: `relative` cleaned below `directory`; InvalidArgument
// when it is absolute or climbs out. Empty when either is empty.
StatusOr<std::string> JoinLogPath(const std::string& directory, const std::string& relative);

// "SIGTERM", "TERM", "15", "SIGRTMIN+3" → Linux's number, whatever the system; InvalidArgument otherwise. Empty → 0.
StatusOr<int> ParseSignal(const std::string& name);

// Applies an update: set fields win, unset ones stay, lists are replaced as a whole.
void MergeLimits(const Limits& update, Limits& limits);

}  // namespace jobpod
