// How overlayfs spells "not here": a whiteout is a character device 0:0, an opaque directory carries an
// xattr.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/status.hpp"

namespace jobpod {

inline constexpr const char* kOpaqueXattr = "trusted.overlay.opaque";

bool IsWhiteout(mode_t mode, dev_t device);
bool IsWhiteoutAt(int directory, const std::string& name);
bool IsOpaque(int directory);

Status MakeWhiteout(int directory, const std::string& name);
Status SetOpaque(int directory);

}  // namespace jobpod
