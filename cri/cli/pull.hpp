// Images from the command line's side.
#pragma once

#include <optional>
#include <string>

#include "cri/cli/client.hpp"

namespace jobpod::cli {

struct PullOptions {
  std::string reference, platform, username, password;
  bool quiet = false;  // no progress
};

// Pulls and shows how far it is on standard error. Ctrl-C ends it with Cancelled. Returns the image id.
StatusOr<std::string> Pull(const Client& client, const PullOptions& options);

// The image, or nothing when the daemon has none of that name.
StatusOr<std::optional<cri::Image>> FindImage(const Client& client, const std::string& reference);

}  // namespace jobpod::cli
