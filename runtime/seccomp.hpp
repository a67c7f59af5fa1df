// System call filters: compiled here, in the daemon, so that the shim needs no library for them.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "base/status.hpp"
#include "runtime/capabilities.hpp"

namespace jobpod {

struct SeccompProgram {
  std::string filter;  // struct sock_filter[]
  uint32_t flags = 0;  // SECCOMP_FILTER_FLAG_*
};

// The profile "RuntimeDefault": every system call this build knows is allowed but those that reach past a
// container (mounts, namespaces, modules, clocks, keys …); one that belongs to a capability is allowed when
// the container has that capability. Refused ones fail with EPERM; those newer than this build with ENOSYS,
// which programs take for an older kernel.
StatusOr<SeccompProgram> DefaultSeccomp(CapabilitySet capabilities);

// Compiling takes tens of milliseconds: the last few programs are kept. Thread-safe.
class DefaultSeccompCache {
 public:
  StatusOr<SeccompProgram> Get(CapabilitySet capabilities);

 private:
  std::mutex mutex_;
  std::map<CapabilitySet, SeccompProgram> programs_;  // guarded by mutex_
};

// A profile in the form of the OCI runtime specification ("Localhost"). InvalidArgument names the file and
// what in it is not understood; nothing in it is ignored that would make it stricter. `name` is for messages.
StatusOr<SeccompProgram> CompileSeccomp(const std::string& json, const std::string& name);

}  // namespace jobpod
