// The configuration names programs that run as the daemon does.
#pragma once

#include <cstddef>
#include <string>

#include "base/status.hpp"

namespace jobpod {

// All of `file`. Windows, where anybody may have made it: PermissionDenied when an account that is no administrator owns
// it or a directory above it, or may change it.
StatusOr<std::string> ReadConfigFile(const std::string& file, size_t max_bytes);

}  // namespace jobpod
