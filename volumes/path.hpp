// Container paths as text. Nothing here touches the file system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jobpod {

// The names of a path without empty ones and ".": "/a//b/./c/" → a, b, c.
std::vector<std::string> PathNames(std::string_view path);

// An absolute path with single slashes, without "." and without a trailing slash; "/" for the root.
std::string CleanPath(std::string_view path);

// True when `path` lies below `parent` (not equal). Both clean.
bool IsBelow(std::string_view path, std::string_view parent);

}  // namespace jobpod
