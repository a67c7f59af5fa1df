// Where an entry of a layer belongs, and what its name means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

using PathParts = std::vector<std::string>;

// The parts of `path` taken relative to the layer's root; empty for the root itself. InvalidArgument for
// `..`, for a NUL and for names, paths or depths the file system or we cannot hold.
StatusOr<PathParts> SplitLayerPath(std::string_view path, uint64_t max_path);

// Strips "Files" from a Windows layer's path. False when the path is elsewhere (registry hives, the
// utility virtual machine).
bool EnterWindowsFiles(PathParts& parts);

enum class NameKind {
  kPlain,
  kWhiteout,  // ".wh.NAME": NAME of the layers below is gone
  kOpaque,    // ".wh..wh..opq": the directory hides those below
  kIgnored,   // ".wh..wh.…": book-keeping of aufs
};
NameKind ClassifyName(std::string_view name);

// NAME of ".wh.NAME". InvalidArgument when nothing, "." or ".." is left.
StatusOr<std::string> WhiteoutTarget(std::string_view name);

}  // namespace jobpod
