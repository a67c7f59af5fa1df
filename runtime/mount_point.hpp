// The variable that tells a container where its image's files are.
#pragma once

#include <string>
#include <string_view>

namespace jobpod {

inline constexpr std::string_view kMountPointVariable = "CONTAINER_SANDBOX_MOUNT_POINT";

// `text` with %CONTAINER_SANDBOX_MOUNT_POINT%, $env:CONTAINER_SANDBOX_MOUNT_POINT, $CONTAINER_… and
// ${CONTAINER_…} (any case) replaced by `mount_point`, which has no trailing separator. A longer name that
// only begins like the variable is left alone.
std::string SubstituteMountPoint(std::string_view text, std::string_view mount_point);

}  // namespace jobpod
