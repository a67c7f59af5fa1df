// The URLs of Exec and Attach, taken apart.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod::cli {

struct StreamUrl {
  std::string host, port, path;
};

// InvalidArgument when it is not http://HOST:PORT/PATH.
StatusOr<StreamUrl> ParseStreamUrl(const std::string& url);

}  // namespace jobpod::cli
