// The journal of what was made on the host (directories, mount points, links, users), so that it is
// undone whatever happens. Written before the thing is made, struck out after it is undone; several
// owners may share one path. Implemented by runtime/store; a fake is in test/fakes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

struct JournalEntry {
  std::string owner;    // id of the container that needs the thing
  std::string kind;     // "stub-directory", "stub-file", "link", "mount", "directory", "user", …
  std::string path;     // what was made (a host path or a name)
  uint64_t device = 0;  // identity of the thing when it was made by us; 0 = it existed before
  uint64_t inode = 0;
};

// Thread-safe. Entries survive a killed process (SQLite WAL); those of kinds that must survive power
// loss are the store's concern.
class Journal {
 public:
  virtual ~Journal() = default;

  // Adds the entry, or replaces the one with the same (owner, kind, path).
  virtual Status Write(const JournalEntry& entry) = 0;

  // Removes one entry; removing an unknown one is OK.
  virtual Status Strike(std::string_view owner, std::string_view kind, std::string_view path) = 0;

  // All entries of one owner, in the order they were written.
  virtual std::vector<JournalEntry> OwnedBy(std::string_view owner) const = 0;

  // All entries for one path, whoever owns them.
  virtual std::vector<JournalEntry> ForPath(std::string_view path) const = 0;

  virtual std::vector<JournalEntry> All() const = 0;
};

}  // namespace jobpod
