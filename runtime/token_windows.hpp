// Whose a token is.
#pragma once

#include <windows.h>

#include <string>

#include "base/status.hpp"

namespace jobpod {

// "S-1-5-18"
StatusOr<std::string> SidText(PSID sid);

// Of the account that `token` (TOKEN_QUERY) is of.
StatusOr<std::string> SidOf(HANDLE token);

// Of the account this process runs as.
StatusOr<std::string> OwnSid();

}  // namespace jobpod
