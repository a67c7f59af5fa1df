// Walking about in the tree that is being unpacked with one open descriptor per level, so that no name of
// the archive is ever looked up through a link.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "image/layer_path.hpp"

namespace jobpod {

// Opens the directory `parts` below `root`, following no link in any part; NotFound when one is missing.
StatusOr<Fd> OpenDirectoryNoFollow(int root, const PathParts& parts, size_t count);

// Not thread-safe. Only one cursor works in a tree at a time.
class TreeCursor {
 public:
  explicit TreeCursor(Fd root);

  // Goes to the directory made of the first `count` parts, making missing ones (0755, root). A link or
  // file in the way is refused with InvalidArgument. The descriptor is valid until the next Enter.
  StatusOr<int> Enter(const PathParts& parts, size_t count);

  // The current directory's modification time, to stand when it is left for good: what is written into a
  // directory afterwards does not change it.
  void KeepTime(timespec mtime);

  // Leaves every directory. The cursor stands at the root again.
  Status Leave();

  int root() const { return levels_.front().fd.get(); }
  // Directories made because no entry had named them before.
  uint64_t made() const { return made_; }

 private:
  struct Level {
    Fd fd;
    std::string name;
    bool keep_time = false;
    timespec mtime{};
  };

  Status Push(const std::string& name);
  Status Pop();
  static Status ApplyTime(const Level& level);

  std::vector<Level> levels_;
  uint64_t made_ = 0;
};

}  // namespace jobpod
