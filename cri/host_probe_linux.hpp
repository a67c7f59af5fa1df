// Single questions to a Linux host, for the checks.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

// Mounts an overlay in a new directory below `parent`, in a private mount namespace, and removes it.
Status ProbeOverlay(const std::string& parent);

}  // namespace jobpod
