// What a layer leaves open about the layers below it. A layer is unpacked on its own, beside the others, and
// its tree is shared by all images that have it. Where its archive says `a/b/file` without naming `a/b`, the
// directory is *implied*: it should be the one that is there already, with its owner and mode, and when
// that is a link, the file belongs where the link leads. A bridge is a small tree that is stacked on top of
// such a layer and puts this right for one chain of layers:
//
//   below:  lib -> usr/lib   var/spool (1777)
//   layer:  lib/x            var/spool/y           (lib, var and var/spool implied: 0755, root)
//   bridge: lib -> usr/lib   usr/lib/x (same inode)   var/spool/ (1777)
//
// Most layers name all their directories and need none.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

struct BridgeRequest {
  std::string layer;                 // its tree
  std::vector<std::string> lower;    // trees below it, topmost first, with their bridges
  std::vector<std::string> implied;  // of the layer
};

// Cancelled soon after `stop`, as below.
StatusOr<bool> NeedsBridge(const BridgeRequest& request, const std::stop_token& stop);

// Fills `directory`, which is empty and on the layer's file system. InvalidArgument when links go round.
Status BuildBridge(const BridgeRequest& request, const std::string& directory, const std::stop_token& stop);

}  // namespace jobpod
