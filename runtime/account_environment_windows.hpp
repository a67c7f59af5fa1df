// The variables that Windows gives an account at logon.
#pragma once

#include <windows.h>

#include <string>
#include <vector>

namespace jobpod {

// "NAME=value" each; those of the system alone without a token (TOKEN_QUERY, TOKEN_DUPLICATE). Empty when the system
// does not tell.
std::vector<std::string> AccountEnvironment(HANDLE token);

}  // namespace jobpod
