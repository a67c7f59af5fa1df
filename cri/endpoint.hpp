// The place where clients connect.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

// Makes room for a listener at "unix:///…": makes the parent directories (0755) and removes the socket a
// dead daemon left. Returns the address in gRPC's spelling. FailedPrecondition when something still listens
// there or when the path is not a socket; nothing is removed then.
StatusOr<std::string> PrepareEndpoint(const std::string& address);

// Lets root's group in (0660) once the socket listens. The umask must keep everybody else out until then.
Status OpenEndpoint(const std::string& address);

// Removes the socket, after serving. Missing is fine.
void RemoveEndpoint(const std::string& address);

}  // namespace jobpod
