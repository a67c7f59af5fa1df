// The named pipe a shim listens on. Each of its instances serves one daemon.
#pragma once

#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// kFirst fails when somebody has made a pipe of that name before: it would get what is meant for the shim.
enum class PipeInstance { kFirst, kFurther };

// A new instance, both ways and overlapped, that SYSTEM, Administrators and the account of this process may open,
// from this machine only. `inherited`: by processes that are given it in a handle list.
StatusOr<Handle> MakePipeInstance(const std::string& name, PipeInstance which, bool inherited = false);

}  // namespace jobpod
