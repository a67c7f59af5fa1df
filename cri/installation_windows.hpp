// Where an installation lies: directories whose names everybody knows, and may have made beforehand.
#pragma once

#include <string>

#include "base/status.hpp"

namespace jobpod {

struct InstallationPlaces {
  std::string programs;  // jobpodd.exe and the others; everybody may run them
  std::string data;      // configuration, state, logs; for SYSTEM and Administrators only
};

// Makes both with what belongs into `data`, or takes over what is there, and writes a configuration for it; one that is
// there stays. PermissionDenied, naming it, when another account owns a directory, a program or the configuration, or
// may change the configuration. Relative paths are the current directory's.
Status PrepareInstallation(const InstallationPlaces& places);

// Removes a data directory with all its content, however deep. FailedPrecondition when it is none. Missing is OK.
Status EraseData(const std::string& data);

}  // namespace jobpod
