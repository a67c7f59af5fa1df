// What the shim tests start: a program that does what its words say, one after the other. Not shipped.
//   say TEXT, cry TEXT      a line on standard output, on standard error
//   print TEXT              without a line's end
//   count N                 the lines 1 to N
//   echo                    what comes on standard input, until its end
//   lines                   the same with "got " before each line, until one is "quit"
//   sleep MILLISECONDS, wait
//   ignore                  every stop event or signal from now on
//   heed CODE TEXT          from now on say TEXT and end with CODE at one
//   apart WORD… done        starts another one of these, in a session of its own
//   tty                     a line: "terminal" or "none"
//   size                    of the terminal, a line: WIDTHxHEIGHT
//   exit CODE
// With nothing left to do it ends with 0.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace jobpod::test_program {

// Of each system.
enum class Stream { kOutput, kError };
void Write(Stream stream, std::string_view bytes);
size_t Read(char* buffer, size_t size);  // 0 at the end
void IgnoreStops();
void HeedStops(int code, const std::string& text);
void StartApart(const std::vector<std::string>& words);
bool HasTerminal();
std::string TerminalSize();

}  // namespace jobpod::test_program
