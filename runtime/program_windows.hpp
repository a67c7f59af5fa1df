// Which program a plan runs on Windows, and where: what is there of what may be.
#pragma once

#include <string>

#include "base/status.hpp"
#include "runtime/launch_plan.pb.h"

namespace jobpod {

struct Program {
  std::wstring path;
  std::string command_line;
};

// The first of the plan's executables that exists; cmd.exe for a batch file and for cmd.exe's own commands. NotFound in
// the reference's words: "failed to find executable", "found directory instead of executable".
StatusOr<Program> FindProgram(const LaunchPlan& plan);

// As Windows wants it, made when the plan says so; empty for the calling process's own.
StatusOr<std::wstring> FindWorkingDirectory(const LaunchPlan& plan);

}  // namespace jobpod
