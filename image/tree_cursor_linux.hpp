// Walking about in the tree that is being unpacked with one open descriptor per level. A link in the way is
// followed as if the tree's root were "/", part by part on those descriptors, so that it leads nowhere else.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "image/layer_path.hpp"

namespace jobpod {

// Opens the directory `parts` below `root`, following no link in any part; NotFound when one is missing.
StatusOr<Fd> OpenDirectoryNoFollow(int root, const PathParts& parts, size_t count);

// The parts of a link's target without "." and empty ones, last one first; ".." stays.
PathParts ReversedLinkParts(std::string_view target);

// Not thread-safe. Only one cursor works in a tree at a time.
class TreeCursor {
 public:
  explicit TreeCursor(Fd root);

  // Goes to the directory made of the first `count` parts, making missing ones (0755, root). A link is
  // followed inside the tree; a file in the way, or links without end, are refused with InvalidArgument.
  // The descriptor is valid until the next Enter.
  StatusOr<int> Enter(const PathParts& parts, size_t count);

  // An entry names the current directory: its owner and mode are the layer's own word.
  void MarkNamed();
  // The directory `name` in the current one is a new one, whatever the layers below have there.
  void MarkNew(const std::string& name);

  // The current directory's modification time, to stand when it is left for good: what is written into a
  // directory afterwards does not change it.
  void KeepTime(timespec mtime);

  // Leaves every directory. The cursor stands at the root again.
  Status Leave();

  int root() const { return levels_.front().fd.get(); }
  // Directories made because no entry had named them before.
  uint64_t made() const { return made_; }
  // Paths of those that stayed without one and may stand for a directory or link of the layers below. Some
  // may be gone since.
  const std::set<std::string>& implied() const { return implied_; }

 private:
  struct Level {
    Fd fd;
    std::string name;
    bool keep_time = false;
    timespec mtime{};
  };

  Status Walk(PathParts pending);
  // False when `name` is a symbolic link.
  StatusOr<bool> Push(const std::string& name);
  Status Make(Level& level);
  Status Follow(const std::string& name, PathParts& pending);
  std::string PathOf(const std::string& name) const;
  Status Pop();
  static Status ApplyTime(const Level& level);

  std::vector<Level> levels_;
  uint64_t made_ = 0;
  std::set<std::string> implied_;
  uint64_t implied_bytes_ = 0;
};

}  // namespace jobpod
