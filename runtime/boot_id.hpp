#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

// Different after every start of the host, the same until then.
StatusOr<std::string> ReadBootId();

}  // namespace jobpod
