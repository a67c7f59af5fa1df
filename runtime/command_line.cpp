#include "runtime/command_line.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace jobpod {
namespace {

constexpr std::array kSystemDirectories = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
                                           "/usr/bin",        "/sbin",          "/bin"};

std::vector<std::string> AbsoluteEntries(const std::string& path_variable) {
  std::vector<std::string> entries;
  for (size_t at = 0; at <= path_variable.size();) {
    size_t end = std::min(path_variable.find(':', at), path_variable.size());
    if (end > at && path_variable[at] == '/') entries.push_back(path_variable.substr(at, end - at));
    at = end + 1;
  }
  return entries;
}

void AddOnce(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

}  // namespace

StatusOr<std::vector<std::string>> MergeCommand(const std::vector<std::string>& command,
                                                const std::vector<std::string>& args,
                                                const std::vector<std::string>& image_entrypoint,
                                                const std::vector<std::string>& image_command) {
  std::vector<std::string> merged = command.empty() ? image_entrypoint : command;
  const std::vector<std::string>& tail = !args.empty() || !command.empty() ? args : image_command;
  merged.insert(merged.end(), tail.begin(), tail.end());
  if (merged.empty()) {
    return absl::InvalidArgumentError(
        "no command specified: the container has neither command nor args and its image neither Entrypoint "
        "nor Cmd");
  }
  if (merged[0].empty()) return absl::InvalidArgumentError("the command's first word is empty");
  return merged;
}

std::vector<std::string> ExecutableCandidates(const std::string& program, const std::string& path_variable,
                                              const std::string& working_directory,
                                              const std::string& rootfs) {
  std::vector<std::string> found;
  if (program[0] == '/') {
    found.push_back(program);
    if (program.compare(0, rootfs.size() + 1, rootfs + "/") != 0) AddOnce(found, rootfs + program);
    return found;
  }
  AddOnce(found, Concat(working_directory, "/", program));
  AddOnce(found, Concat(rootfs, "/", program));
  if (program.find('/') != std::string::npos) return found;
  std::vector<std::string> directories = AbsoluteEntries(path_variable);
  for (const char* directory : kSystemDirectories) AddOnce(directories, directory);
  for (const std::string& directory : directories) AddOnce(found, Concat(directory, "/", program));
  for (const std::string& directory : directories) AddOnce(found, Concat(rootfs, directory, "/", program));
  return found;
}

std::vector<std::string> ImageCandidates(const std::string& program, const std::string& path_variable,
                                         const std::string& working_directory) {
  if (program[0] == '/') return {program};
  if (program.find('/') != std::string::npos) return {Concat(working_directory, "/", program)};
  std::vector<std::string> found;
  for (const std::string& directory : AbsoluteEntries(path_variable)) {
    AddOnce(found, Concat(directory, "/", program));
  }
  if (found.empty()) found.push_back(Concat(working_directory, "/", program));
  return found;
}

}  // namespace jobpod
