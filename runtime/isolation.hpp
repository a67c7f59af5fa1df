// What shuts an image-root container in: namespaces, capabilities, seccomp, its own /dev and hidden paths.
#pragma once

#include "base/status.hpp"
#include "runtime/record.pb.h"
#include "runtime/seccomp.hpp"

namespace jobpod {

// Reads and compiles the seccomp profile. Errors name the field, capability or file.
StatusOr<Isolation> ComposeIsolation(const PodSpec& pod, const SecuritySpec& security,
                                     DefaultSeccompCache& seccomp);

// The mounts' part of it.
void DescribeImageRoot(const SecuritySpec& security, ImageRoot& root);

}  // namespace jobpod
