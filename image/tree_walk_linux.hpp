// Looking at everything in a tree that others may be changing: descriptor by descriptor, so that no link is followed
// and no depth or length of path is too much, with few directories open at a time.
#pragma once

#include <dirent.h>
#include <sys/stat.h>

#include <functional>
#include <memory>
#include <vector>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// Used once. Not thread-safe.
class TreeWalk {
 public:
  using See = std::function<void(const struct stat&)>;

  // `tolerant`: what vanishes or cannot be opened is left out; else it is an error.
  TreeWalk(See see, bool tolerant) : see_(std::move(see)), tolerant_(tolerant) {}

  // Calls `see` for all that is below `root`, on its file system. Aborted when directories were moved about so that
  // the way back was lost.
  Status Run(Fd root);

 private:
  struct Level {
    std::unique_ptr<DIR, int (*)(DIR*)> stream;  // null while it is closed
    dev_t device = 0;
    ino_t inode = 0;
    long position = 0;  // of a closed one
  };

  Status Push(Fd directory);
  Status Pop();
  Status Step();
  Status Reopen(int child, Level& level) const;

  const See see_;
  const bool tolerant_;
  std::vector<Level> levels_;
};

}  // namespace jobpod
