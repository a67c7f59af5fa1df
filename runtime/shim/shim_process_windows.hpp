// Which process is the shim of a state directory: <state_directory>/process, written when it starts. Numbers of
// processes are used again; with the time it was made one is known for certain.
#pragma once

#include <cstdint>
#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

Status RecordShimProcess(const std::string& state_directory, HANDLE process);

// The recorded process with `access` (PROCESS_QUERY_LIMITED_INFORMATION comes with it); empty when it does not live
// any more.
Handle OpenShimProcess(const std::string& state_directory, DWORD access);

}  // namespace jobpod
