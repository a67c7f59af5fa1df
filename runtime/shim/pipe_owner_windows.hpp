// Who made a named pipe: anybody may make one of a name that is free.
#pragma once

#include <windows.h>

#include <string>

#include "base/status.hpp"

namespace jobpod {

// PermissionDenied unless the account of this process, SYSTEM or Administrators own `pipe` (READ_CONTROL).
Status CheckPipeOwner(HANDLE pipe, const std::string& name);

}  // namespace jobpod
