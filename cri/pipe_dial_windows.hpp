// The client's side of a named pipe.
#pragma once

#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// One attempt; an overlapped handle. The server learns who we are and cannot act as us. Unavailable while all of its
// instances are taken: try again soon. NotFound when there is no such pipe; PermissionDenied when it is not for this
// user, or when it belongs to somebody who is no administrator: anybody can have a pipe's name first.
StatusOr<Handle> DialPipe(const std::string& path);

}  // namespace jobpod
