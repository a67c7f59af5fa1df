// For tests of what only Linux has: containers that are shell scripts.
#pragma once

#include <string>

#include "runtime/shim/shim_test_support.hpp"

namespace jobpod::shim_test {

// Runs a script with busybox.
inline LaunchPlan ShellPlan(const std::string& script) {
  LaunchPlan plan = ProgramPlan({});
  plan.clear_argv();
  for (const std::string& word : {std::string("sh"), std::string("-c"), script}) plan.add_argv(word);
  plan.clear_executables();
  plan.add_executables("/nowhere/busybox");
  plan.add_executables("/bin/busybox");
  plan.add_environment("PATH=/usr/bin:/bin");
  return plan;
}

}  // namespace jobpod::shim_test
