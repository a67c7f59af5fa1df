// What a stack of layers shows at a path, by overlayfs' rules, without mounting it.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "image/layer_path.hpp"

namespace jobpod {

// Not thread-safe.
class MergedView {
 public:
  MergedView() = default;  // of no layers
  static StatusOr<MergedView> Open(const std::vector<std::string>& layers_top_first);

  struct Sight {
    struct stat info {};
    Fd directory;      // when it is one: its topmost layer's, whose owner and mode count
    std::string link;  // when it is a symbolic link: its target
  };

  // What is seen at `parts`, following no link; nothing when it, or a directory above it, is missing.
  StatusOr<std::optional<Sight>> Look(const PathParts& parts) const;

  // `parts` with every link followed inside the stack, the last one too. What is missing is taken to be
  // directories. InvalidArgument when there is no end to the links.
  StatusOr<PathParts> Resolve(const PathParts& parts) const;

 private:
  std::vector<Fd> roots_;
};

}  // namespace jobpod
