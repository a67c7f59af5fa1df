// Links in untrusted trees (Windows), made below an open directory: junctions to local directories, symbolic links
// to everything else. A file system without reparse points has hard links for files; under Wine directories are
// links of its host. Nothing stands in anywhere else: Unimplemented.
#pragma once

#include <string>
#include <string_view>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

// Makes `name`, which is not there, a link to `target`, an absolute path of a directory or a file that exists
// ("C:\\x", "\\\\server\\share\\x").
Status MakeLinkAt(HANDLE parent, std::wstring_view name, const std::string& target, bool directory);

// Makes `name` a symbolic link to `target`, a path relative to `parent` with backslashes. Unimplemented where there
// are no reparse points.
Status MakeRelativeLinkAt(HANDLE parent, std::wstring_view name, const std::wstring& target, bool directory);

// Where the open reparse point leads when it is a symbolic link relative to its directory; NotFound for any other
// thing.
StatusOr<std::wstring> ReadRelativeLink(HANDLE link);

// Removes the link, and only a link: FailedPrecondition when `name` is a directory with something in it. A
// hard link is removed like any file. Missing is OK.
Status RemoveLinkAt(HANDLE parent, std::wstring_view name);

// What a reparse point holds, for DeviceIoControl(FSCTL_SET_REPARSE_POINT) and back. A junction's `target` is
// absolute, "\\??\\C:\\x".
std::string JunctionData(const std::wstring& target);
std::string SymbolicLinkData(const std::wstring& target, bool relative);
StatusOr<std::wstring> RelativeTargetOf(std::string_view data);

}  // namespace jobpod
