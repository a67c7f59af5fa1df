// What differs under Wine (8.0): it has no reparse points, but follows the symbolic links of the system it runs on.
#pragma once

#include <string>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

bool RunsUnderWine();

// Makes `link` a symbolic link, of Wine's host, to the directory `target`; both are DOS paths.
Status LinkDirectoryOnHost(const std::wstring& target, const std::wstring& link);

// Removes such a link and nothing else.
Status UnlinkOnHost(const std::wstring& link);

}  // namespace jobpod
