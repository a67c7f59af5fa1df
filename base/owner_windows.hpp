// Whose a pipe or a directory is: anybody may make one under a name that is free.
#pragma once

#include <windows.h>

#include <accctrl.h>

#include <string>

#include "base/status.hpp"

namespace jobpod {

// PermissionDenied unless SYSTEM, Administrators or this process's own account own `object` (READ_CONTROL), which is a
// pipe (SE_KERNEL_OBJECT) or a file or directory (SE_FILE_OBJECT). `name` is for the sentence.
Status CheckOwner(HANDLE object, SE_OBJECT_TYPE type, const std::string& name);

}  // namespace jobpod
