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

// Where an entry of a Windows layer belongs: the file tree, the parts that only a Windows kernel of the
// image's own needs (registry hives, the utility virtual machine), or none of them.
enum class WindowsPlace { kFiles, kSystem, kForeign };

// Strips "Files" from the path when it is there.
WindowsPlace EnterWindowsLayer(PathParts& parts);

// "file:stream" is an alternate data stream of NTFS; no file can be called so.
bool IsWindowsStream(const PathParts& parts);

// The target of a Windows link (junction, mount point or symbolic link: drive letters, "\\?\" and
// backslashes as Windows writes them) as a relative one of the link at `link`, a path below Files. Resolved
// the way Windows does, by its text; one that would leave the tree ends at its root, whatever the drive.
std::string WindowsLinkTarget(std::string_view target, const PathParts& link);

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
