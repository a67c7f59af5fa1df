// Where the program of a Windows container may lie, and which need cmd.exe. Asks nothing of the system.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

struct WindowsSearch {
  std::string path_variable;      // directories with ";" between them
  std::string working_directory;  // absolute
  std::string rootfs;             // where the image's files are, without a trailing backslash
  std::string windows;            // the system's directory, "C:\Windows"
};

// Full paths to try for `program`, in order, with backslashes. A path with a drive or server: as given. One
// that begins with a slash: on the rootfs's drive, then below the rootfs. One that begins with a dot: below the
// working directory, below the rootfs. Another: these two, PATH's directories, the system's, and PATH's below the
// rootfs. A name without extension is tried with .exe, .com, .bat and .cmd first; one with another, also with .exe
// behind it.
std::vector<std::string> WindowsCandidates(std::string_view program, const WindowsSearch& search);

// Whether `path` is a batch file, which only cmd.exe can run.
bool IsBatchFile(std::string_view path);

// Whether `program` is a command of cmd.exe itself (echo, dir, …).
bool IsShellBuiltIn(std::string_view program);

// cmd.exe's command line for a built-in and its arguments, as if typed: cmd.exe expands variables and knows
// redirections in it.
StatusOr<std::string> BuiltInCommandLine(const std::vector<std::string>& arguments);

// The same for a whole line that begins with one.
std::string ShellCommandLine(const std::string& line);

// cmd.exe's command line for a batch file and its arguments, none of which cmd.exe interprets.
// InvalidArgument for a line break, which nothing can carry into a batch file.
StatusOr<std::string> BatchCommandLine(const std::string& batch_file,
                                       const std::vector<std::string>& arguments);
// The same for what follows the first `words` words of an image's own command line, as it stands there.
StatusOr<std::string> BatchCommandLine(const std::string& batch_file, const std::string& line, size_t words);

}  // namespace jobpod
