// What this process may do beyond access lists. An account holds privileges, but nearly all of them are switched off in a
// new process, SYSTEM's too.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

struct Privilege {
  const wchar_t* name;
  const char* cost;  // what does not work without it
};

// All that Jobpod has a use for.
std::span<const Privilege> UsedPrivileges();

// Switches on those that this process's account holds, for the process and what it starts; the ones that it does not
// hold come back. Called at the start of a program.
StatusOr<std::vector<Privilege>> EnablePrivileges();

}  // namespace jobpod
