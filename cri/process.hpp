// The daemon's own process.
#pragma once

#include <string>

namespace jobpod {

// First thing in main, before any thread: end signals are blocked (programs it starts must unblock
// them), broken pipes are errors instead of signals, new files are writable by their owner only, the heap
// keeps few arenas, and as many files may be open as the system allows.
void PrepareProcess();

// Gives memory back that only starting or a burst of work needed: unused heap, and code pages of programs and
// libraries. What is needed again comes back from the page cache by itself. Thread-safe.
void ReleaseUnusedMemory();

// Returns when the process is asked to end (SIGTERM, SIGINT).
void WaitForEndSignal();

// The path of `name` in the directory of the running program.
std::string BesideThisProgram(const std::string& name);

}  // namespace jobpod
