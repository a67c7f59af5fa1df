// One daemon at a time works on a root directory, and on a state directory.
#pragma once

#include <string>

#include "base/handle_linux.hpp"
#include "base/status.hpp"

namespace jobpod {

// Makes `root` when missing and locks <root>/lock for as long as the descriptor lives; the kernel drops
// the lock with the process. FailedPrecondition, naming the other daemon's pid, while another holds it.
StatusOr<Fd> LockRoot(const std::string& root);

}  // namespace jobpod
