// The probe by other names.
#pragma once

#include <optional>

#include "test/windows/probe/deed.hpp"

namespace jobpod::probe {

// What the program does as uname.exe or powershell.exe: its exit code. Nothing under its own name.
std::optional<int> StandIn(Words words);

}  // namespace jobpod::probe
