// What every call of Win32 needs: its errors as a Status, and text as UTF-16.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.hpp"

namespace jobpod {

// A Win32 error (GetLastError) as a Status: "<what>: <text of error>". The kind follows the code
// (ERROR_FILE_NOT_FOUND → NotFound, ERROR_ACCESS_DENIED → PermissionDenied, ERROR_DISK_FULL →
// ResourceExhausted …).
Status Win32Status(uint32_t error, std::string_view what);

// The same for the calling thread's last error.
Status LastErrorStatus(std::string_view what);

// UTF-8 to UTF-16 and back. What is not valid becomes U+FFFD.
std::wstring Wide(std::string_view text);
std::string Utf8(std::wstring_view text);

// `path` as an absolute one with the \\?\ prefix, which lifts the limit of 260 characters. Slashes become
// backslashes and the system's rules for names apply (trailing dots and spaces go): for the daemon's own
// paths.
StatusOr<std::wstring> LongPath(std::string_view path);

}  // namespace jobpod
