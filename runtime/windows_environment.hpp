// A Windows environment block: names compare without case. Asks nothing of the system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jobpod {

// The account's own variables (`account`, from CreateEnvironmentBlock), then `entries` of the container,
// later ones winning whatever the case of their names, empty values kept. The account's PATH directories are
// put behind a PATH of the container's, unless they are in it. SystemRoot always stays. "NAME=value" each;
// what has no name is dropped (but not "=C:=C:\dir", the current directory of a drive).
std::vector<std::string> MergeWindowsEnvironment(const std::vector<std::string>& account,
                                                 const std::vector<std::string>& entries);

// The value of `name`, empty when unset.
std::string WindowsValueOf(const std::vector<std::string>& environment, std::string_view name);

// Equal but for the case of ASCII letters.
bool EqualNoCase(std::string_view left, std::string_view right);

}  // namespace jobpod
