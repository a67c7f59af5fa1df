// What a layer's tree on Windows says besides its files, as small files that no archive can name: whiteouts are
// called as in the archive (".wh.NAME", ".wh..wh..opq"), a symbolic link is a file ".wh..wh.ln.NAME" with the target
// in it. So a layer's tree has no link that could lead anywhere; links are made in a container's own copy
// (copy_layers_windows.cpp), when it is known whether their target is a directory.
#pragma once

#include <string>
#include <string_view>

#include "base/handle_windows.hpp"
#include "base/status.hpp"

namespace jobpod {

inline constexpr std::wstring_view kWhiteoutMark = L".wh.", kOpaqueMark = L".wh..wh..opq",
                                   kLinkMark = L".wh..wh.ln.";

// Whether they differ in case alone, as the file system compares names.
bool IsSameName(std::wstring_view one, std::wstring_view other);

// Whether the file system may take it for one: names are found whatever their case.
bool LooksLikeMark(std::wstring_view name);

inline bool IsMark(std::wstring_view name) { return name.starts_with(kWhiteoutMark); }

// Writes a small file; one that is there is replaced.
Status WriteMark(HANDLE directory, std::wstring_view name, std::string_view content);
StatusOr<std::string> ReadMark(HANDLE directory, std::wstring_view name);

}  // namespace jobpod
