// Showing a RootMount, or the layers of an image volume, at an open directory.
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

#include "base/status.hpp"
#include "volumes/mount_list.pb.h"

namespace jobpod {

using LayerList = google::protobuf::RepeatedPtrField<std::string>;

// Mounts an overlay of `lower` (topmost first, up to 127) with a writable layer, or without one when
// `upper` is empty (then at least two layers are needed). `target` is a directory of the caller's namespace.
Status MountOverlay(const LayerList& lower, const std::string& upper, const std::string& work, int target);

// Mounts the overlay, or a bind of `upper` when there are no layers.
Status MountRoot(const RootMount& root, int target);

}  // namespace jobpod
