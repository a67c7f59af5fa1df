#pragma once

#include <string>

#include "runtime/record.pb.h"

namespace jobpod {

// The name a container of the pod sees: the pod's, or the host's.
std::string HostnameOf(const PodSpec& pod);

}  // namespace jobpod
