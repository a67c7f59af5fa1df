// What a plan says of a Windows process: command line, directory, environment, log. Asks nothing of the system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.hpp"
#include "runtime/windows_executable.hpp"

namespace jobpod {

// The image's variables, then the container's, each with references to the mount point replaced; last the mount point
// itself with a backslash behind it, which nobody can override. Names compare without case, empty values stay.
std::vector<std::string> ComposeWindowsEnvironment(const std::vector<std::string>& image,
                                                   const std::vector<std::string>& container,
                                                   const std::string& rootfs);

struct WindowsDirectories {
  std::string container;   // working_dir of the pod, may be empty
  std::string image;       // WorkingDir of the image, may be empty
  std::string rootfs;      // "C:\hpc\id"
  bool own_view = false;   // bind layout: the container sees its own files at its paths
};

// The pod's as given, on the rootfs's drive where it has none (in the link layout below the rootfs, unless it names the
// rootfs); else the image's below the rootfs; else the rootfs. With backslashes, without "." and "..". InvalidArgument
// for a relative one.
StatusOr<std::string> ChooseWindowsDirectory(const WindowsDirectories& directories);

// Whether `path` is `directory` or lies in it.
bool IsWithinWindowsDirectory(std::string_view path, std::string_view directory);

struct WindowsCommand {
  std::vector<std::string> argv;
  std::string line;  // the whole command line as the image has it; empty: argv is put together
  struct Program {
    std::string path;
    uint32_t words;  // of argv, that name it
  };
  std::vector<Program> programs;  // full paths to try, in order
};

// `escaped`: argv[0] is an image's command line or the beginning of one (ArgsEscaped) and stays as it is. A path with
// blanks and without quotes is looked for with one word, with two, and so on. References to the mount point are
// replaced. InvalidArgument for a quote without end.
StatusOr<WindowsCommand> ComposeWindowsCommand(std::vector<std::string> argv, bool escaped,
                                               const WindowsSearch& search);

// `relative` below `directory`, which gets `drive` ("C:") when it has none. InvalidArgument when it climbs out or has
// a drive, a stream or a root of its own.
StatusOr<std::string> JoinWindowsLogPath(std::string directory, std::string_view relative, std::string_view drive);

}  // namespace jobpod
