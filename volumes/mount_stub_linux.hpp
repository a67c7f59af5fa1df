// Mount points on the host that did not exist: each is journaled before it is made, and removed by its last
// user, only while it is the very thing we made and still empty. (Removing a mount point on the host detaches
// the mount in every container that uses it.)
#pragma once

#include <string>

#include "base/handle_linux.hpp"
#include "base/journal.hpp"
#include "base/status.hpp"
#include "volumes/path_locks.hpp"

namespace jobpod {

// Where a mount point is needed: `path` inside the directory `base`, out of which no link leads.
struct StubWish {
  std::string owner;
  std::string base = "/";
  std::string path;
  bool directory = true;
};

// Thread-safe. `locks` are the same for all uses of a journal: looking, journaling and making or removing one path
// are one step.
class MountStubs {
 public:
  MountStubs(Journal& journal, PathLocks& locks) : journal_(journal), locks_(locks) {}

  // Makes what is missing, parents too, and takes a share in what others made. FailedPrecondition naming the
  // path when the host does not let it be made or has something of the other type there. On error the
  // journal still holds what was made: undo it.
  Status Make(const StubWish& wish);

  // Gives up the owner's share of one entry; the last share removes the thing.
  Status Undo(const JournalEntry& entry);

  static bool IsStub(const JournalEntry& entry);

 private:
  // A part of the wish: `path` is where it stands below the base, its last name in `parent`.
  struct Part {
    int base, parent;
    std::string path, name;
    bool directory;
  };
  StatusOr<Fd> Enter(const StubWish& wish, const Part& part);
  Status MakeOne(const StubWish& wish, const Part& part);
  Status TakeShare(const std::string& owner, const std::string& path);

  Journal& journal_;
  PathLocks& locks_;
};

}  // namespace jobpod
