// This program's own process.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace jobpod {

// First thing in the daemon's main, before any thread: what asks it to end is kept for WaitForEndSignal, failures are
// errors instead of signals or dialogs, new files are writable by their owner only, the heap keeps few arenas, and as
// many files may be open as the system allows.
void PrepareProcess();

// Gives memory back that only starting or a burst of work needed: unused heap, and code pages of programs and
// libraries. What is needed again comes back from the page cache by itself. Thread-safe.
void ReleaseUnusedMemory();

// Returns when the process is asked to end (SIGTERM, SIGINT; Ctrl-C, its console's end). May be called once.
void WaitForEndSignal();

// The path of `name` in the directory of the running program.
std::string BesideThisProgram(const std::string& name);

// Writes `text` to a standard stream at once, if that goes: a service has none.
void Say(std::FILE* stream, const std::string& text);

// What main was given, in UTF-8. First thing in main.
class Arguments {
 public:
  Arguments(int count, char** arguments);
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* data() const { return pointers_.data(); }

 private:
  const std::vector<std::string> words_;
  std::vector<const char*> pointers_;
};

}  // namespace jobpod
