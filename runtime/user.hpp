// Accounts: who the process runs as. HostProcess containers use the host's accounts.
#pragma once

#include <set>
#include <string>

#include "base/journal.hpp"
#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"
#include "runtime/record.pb.h"

namespace jobpod {

// Thread-safe. `journal` outlives it.
class Accounts {
 public:
  explicit Accounts(Journal& journal) : journal_(journal) {}

  // Looks the account up on the host (NSS on Linux, by its SID on Windows). `image_user` is the image config's
  // "user[:group]", used when the container asks for nobody. On Windows a local group gets a member made for this
  // container. InvalidArgument or NotFound with a sentence that names the account. May block (directory services).
  StatusOr<User> Resolve(const std::string& container_id, const UserSpec& spec, const std::string& image_user);

  // Removes what was made for the container. Idempotent; unknown ids are OK.
  Status Release(const std::string& container_id);

  // Releases everything whose owner is not among `known`. Called once at start.
  Status Recover(const std::set<std::string>& known);

 private:
  Journal& journal_;
};

}  // namespace jobpod
