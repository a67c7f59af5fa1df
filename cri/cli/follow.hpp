// A container's output, as it comes, until the container has ended.
#pragma once

#include <chrono>
#include <optional>

#include "cri/cli/client.hpp"

namespace jobpod::cli {

// Prints the log of a container from its beginning until it has exited, everything printed. Returns its
// last status. When standard output closes, printing stops and Cancelled is returned.
StatusOr<cri::ContainerStatus> Follow(const Client& client, const std::string& container_id);

// Its last status when it has exited, or after `bound`.
StatusOr<cri::ContainerStatus> WaitForExit(const Client& client, const std::string& container_id,
                                           std::optional<std::chrono::milliseconds> bound = {});

}  // namespace jobpod::cli
