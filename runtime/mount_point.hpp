// The variable that tells a container where its image's files are.
#pragma once

#include <string>
#include <string_view>

namespace jobpod {

inline constexpr std::string_view kMountPointVariable = "CONTAINER_SANDBOX_MOUNT_POINT";

// Whose references are replaced: on Windows those of cmd.exe and PowerShell, on Linux those of its shells as well
// (on Windows they are left to the shells: a path with backslashes is no word of theirs).
enum class Spellings { kWindows, kAll };

// `text` with %CONTAINER_SANDBOX_MOUNT_POINT%, $env:CONTAINER_SANDBOX_MOUNT_POINT and ${env:CONTAINER_…}, and with
// kAll also $CONTAINER_… and ${CONTAINER_…} (any case) replaced by `mount_point`, which has no trailing separator.
// A longer name that only begins like the variable is left alone.
std::string SubstituteMountPoint(std::string_view text, std::string_view mount_point,
                                 Spellings spellings = Spellings::kAll);

}  // namespace jobpod
