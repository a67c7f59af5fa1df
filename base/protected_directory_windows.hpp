// Directories that only SYSTEM and Administrators may change. Their names are known, so that anybody may have made one
// beforehand: what belongs to another account is refused, and what an administrator has made gets its rights set.
#pragma once

#include <windows.h>

#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

enum class OthersMay { kNothing, kRead };

// Makes `path` and the parents it lacks, or takes over the directory that is there: PermissionDenied when it or one above
// it belongs to another account (CheckPathOwners), FailedPrecondition when it is a link. Its access list is set by the
// handle that was looked at, and inherited from nowhere; what lies inside keeps the rights it has.
Status ProtectDirectory(const std::string& path, OthersMay others);

// What ProtectDirectory asks, of one that is only looked at, and PermissionDenied when its access list lets an account
// that is no administrator change it.
Status CheckProtected(const std::string& path);

// PermissionDenied when the access list of `object` (READ_CONTROL), a file or a directory, lets an account that is no
// administrator write to it, replace it or change its rights. `name` is for the sentence.
Status CheckWriters(HANDLE object, const std::string& name);

}  // namespace jobpod
