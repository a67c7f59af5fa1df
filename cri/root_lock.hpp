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
// holds it; PermissionDenied when somebody else than an administrator owns it or a directory above it (Windows).
StatusOr<std::unique_ptr<RootLock>> LockRoot(const std::string& root);

}  // namespace jobpod
