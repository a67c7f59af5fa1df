// A container's output, as it comes, until the container has ended.
#pragma once

#include "cri/cli/client.hpp"

namespace jobpod::cli {

// Prints the log of a container from its beginning until it has exited, everything printed. Returns its
// last status. When standard output closes, printing stops and Cancelled is returned.
StatusOr<cri::ContainerStatus> Follow(const Client& client, const std::string& container_id);

}  // namespace jobpod::cli
