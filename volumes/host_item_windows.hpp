// What a container's volumes need on the host, each journaled before it is made: links, and directories that bindings
// lie in. A thing is removed only while it is the very one that was made.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/journal.hpp"
#include "base/status.hpp"

namespace jobpod {

// Not thread-safe: the caller holds one lock over all uses of a journal.
class HostItems {
 public:
  explicit HostItems(Journal& journal) : journal_(journal) {}

  // Makes `name` in the open directory `parent`, whose path is `parent_path`, a link to `target`.
  Status Link(const std::string& owner, HANDLE parent, const std::string& parent_path, const std::string& name,
              const std::string& target, bool directory);

  // Makes the directory `path` and the parents it lacks; what other containers made is shared with them.
  Status Directories(const std::string& owner, const std::string& path);

  // The same; of `path` itself nobody but administrators may change anything (base/protected_directory_windows.hpp), also
  // when it is there already.
  Status ProtectedDirectory(const std::string& owner, const std::string& path);

  // Gives up the owner's share of one entry; the last share removes the thing. What is used by others stays.
  Status Undo(const JournalEntry& entry);

  static bool IsOurs(const JournalEntry& entry);

 private:
  // Journals what `make` makes, a directory, with its identity.
  Status Make(const std::string& owner, const std::string& path, const std::function<StatusOr<Handle>()>& make);
  Status TakeShare(const std::string& owner, const std::string& path);
  Status Remove(const JournalEntry& entry);

  Journal& journal_;
};

}  // namespace jobpod
