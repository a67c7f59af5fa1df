// Accounts: who the process runs as. HostProcess containers use the host's accounts.
#pragma once

#include <string>

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"
#include "runtime/record.pb.h"

namespace jobpod {

// Looks the account up on the host (NSS on Linux). `image_user` is the image config's "user[:group]", used
// when the container asks for nobody. InvalidArgument or NotFound with a sentence that names the account.
// May block (directory services); thread-safe.
StatusOr<User> ResolveUser(const UserSpec& spec, const std::string& image_user);

}  // namespace jobpod
