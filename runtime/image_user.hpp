// Accounts of an image: its own passwd and group files, never the host's.
#pragma once

#include <string>

#include "base/status.hpp"
#include "runtime/record.pb.h"

namespace jobpod {

// The two files as text; empty when the image has none. See passwd(5) and group(5); lines that make no sense
// are skipped.
struct ImageAccounts {
  std::string passwd, group;
};

// `image_user` is the image config's "user[:group]". A user by number need not be in the files (its group is
// then 0); one by name must: NotFound says so. Groups: those the image lists the user in (not with
// strict_groups), those asked for, and the primary one; sorted.
StatusOr<User> ResolveImageUser(const UserSpec& spec, const std::string& image_user,
                                const ImageAccounts& accounts);

}  // namespace jobpod
