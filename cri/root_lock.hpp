// One daemon at a time works on a root directory, and on a state directory.
#pragma once

#include <memory>
#include <string>

#include "base/status.hpp"

namespace jobpod {

// Holds the lock while it lives; the system drops it with the process.
class RootLock {
 public:
  virtual ~RootLock() = default;
};

// Makes `root` when missing and locks <root>/lock. FailedPrecondition, naming the other daemon's pid, while another
// holds it. Windows: nobody but administrators may look in or change it from then on, whoever could before;
// PermissionDenied when another account owns it or a directory above it.
StatusOr<std::unique_ptr<RootLock>> LockRoot(const std::string& root);

// A directory whose content the daemon believes: registries' settings, archives to be imported. Windows, where anybody
// may have made it: as LockRoot's. Linux: as it is.
Status ProtectInput(const std::string& directory);

}  // namespace jobpod
