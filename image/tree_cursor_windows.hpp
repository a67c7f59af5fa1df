// Walking about in the tree that is being unpacked with one open handle per level. Names are found whatever their
// case, as Windows does; a layer's tree has no links.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "image/layer_path.hpp"

namespace jobpod {

// Opens the directory `parts` below `root`; NotFound when one is missing.
StatusOr<Handle> OpenDirectoryBelow(HANDLE root, const PathParts& parts, size_t count);

// Not thread-safe. Only one cursor works in a tree at a time.
class TreeCursor {
 public:
  explicit TreeCursor(Handle root);

  // Goes to the directory made of the first `count` parts, making missing ones. A file or a link in the way is
  // refused with InvalidArgument. The handle is valid until the next Enter.
  StatusOr<HANDLE> Enter(const PathParts& parts, size_t count);

  // The current directory's time (FILETIME), to stand when it is left for good.
  void KeepTime(int64_t time) { levels_.back().time = time; }

  // Leaves every directory. The cursor stands at the root again.
  Status Leave();

  HANDLE root() const { return levels_.front().directory.get(); }
  uint64_t made() const { return made_; }

 private:
  struct Level {
    Handle directory;
    std::string name;
    std::optional<int64_t> time;
  };

  Status Push(const std::string& name);
  Status Pop();

  std::vector<Level> levels_;
  uint64_t made_ = 0;
};

}  // namespace jobpod
