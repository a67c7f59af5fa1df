// The host's processes. Asked of the system, never of the daemon.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace jobpod::test {

std::vector<pid_t> AllProcesses();
// As one text; empty when it cannot be read.
std::string CommandLine(pid_t pid);
// Processes whose command line has both texts in it.
std::vector<pid_t> ProcessesWith(const std::string& text, const std::string& other = "");
// True until it has ended; a zombie has ended.
bool Alive(pid_t pid);

}  // namespace jobpod::test
