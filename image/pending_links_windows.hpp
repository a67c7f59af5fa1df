// The symbolic links of a container's own copy of its image, which are made last: only then is it known whether what
// they lead to is a directory, which Windows asks. None leads out of the copy.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

using WidePath = std::vector<std::wstring>;

// Not thread-safe.
class PendingLinks {
 public:
  // `target` is relative to the link, with slashes.
  void Add(const WidePath& place, std::wstring target);

  // The link at `place` and those below it are gone.
  void Remove(const WidePath& place, bool itself_only = false);
  void RemoveBelow(const WidePath& place);

  // Where the file system has no links, a link to a file is a second name of it, and one to a directory is left out
  // with a line in the log.
  Status MakeAll(HANDLE root) const;

 private:
  struct Link {
    WidePath place;
    std::wstring target;
  };
  enum class Kind { kMissing, kFile, kDirectory };

  WidePath Resolve(const Link& link) const;
  Kind Look(HANDLE root, const WidePath& path, int depth) const;
  Status Make(HANDLE root, const Link& link) const;
  Status Substitute(HANDLE root, const Link& link, HANDLE parent, Kind kind) const;

  std::map<std::wstring, Link> links_;  // by the place in small letters
};

}  // namespace jobpod
