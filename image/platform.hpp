// Choosing the manifest that runs here out of an index.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

struct Platform {
  std::string os, architecture, variant, os_version;

  // "linux/arm/v7", "windows(10.0.20348.1)/amd64".
  std::string Text() const;
};

// What this machine runs; of Windows with its version.
Platform HostPlatform();

// "amd64", "arm64".
const char* HostArchitecture();

// "os[(version)]/architecture[/variant]", the version for Windows; empty text is HostPlatform(). InvalidArgument
// when it is neither.
StatusOr<Platform> ParsePlatform(const std::string& text);

// Index into `offers` of the one that suits `wanted` best; nothing when none does. Windows builds: with
// `wanted.os_version` the nearest, else the newest. `baseline` is the highest x86-64 level to take (1-4).
std::optional<size_t> ChoosePlatform(const Platform& wanted, const std::vector<Platform>& offers,
                                     int baseline);

// The x86-64 level of this processor (1-4); 1 elsewhere.
int ProcessorLevel();

}  // namespace jobpod
