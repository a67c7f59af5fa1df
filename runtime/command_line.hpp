// Which command a container runs (CRI command/args over the image's Entrypoint/Cmd), and where its
// program may lie.
#pragma once

#include <string>
#include <vector>

#include "base/status.hpp"

namespace jobpod {

// The rule of Docker and CRI: `command` replaces Entrypoint and drops Cmd; `args` alone replace Cmd.
// InvalidArgument when nothing is left to run.
StatusOr<std::vector<std::string>> MergeCommand(const std::vector<std::string>& command,
                                                const std::vector<std::string>& args,
                                                const std::vector<std::string>& image_entrypoint,
                                                const std::vector<std::string>& image_command);

// Full paths to try for `program`, in order. With a slash: as given, then below the rootfs. Without: the
// working directory, the rootfs, PATH, the system's directories, PATH and those again below the rootfs.
std::vector<std::string> ExecutableCandidates(const std::string& program, const std::string& path_variable,
                                              const std::string& working_directory,
                                              const std::string& rootfs);

// The same where the container's `/` is its image: as execvp(3) in that view, a name without a slash in the
// PATH's absolute entries alone.
std::vector<std::string> ImageCandidates(const std::string& program, const std::string& path_variable,
                                         const std::string& working_directory);

}  // namespace jobpod
