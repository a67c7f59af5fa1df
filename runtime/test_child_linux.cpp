// For job tests only: the child of child_linux.hpp reduced to standard streams and exec, so that these
// tests do not need the shim's part.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/file_linux.hpp"
#include "runtime/child_linux.hpp"

namespace jobpod {

void RunChild(const LaunchPlan& plan, const SpawnHandles& handles, int error_pipe) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  intptr_t streams[3] = {handles.standard_input, handles.standard_output, handles.standard_error};
  for (int i = 0; i < 3; ++i) dup2(streams[i] < 0 ? null : static_cast<int>(streams[i]), i);
  std::vector<char*> argv;
  for (const std::string& argument : plan.argv()) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(plan.executables(0).c_str(), argv.data());
  Status failed = ErrnoStatus(errno, Concat("start ", plan.executables(0)));
  WriteAll(error_pipe, Concat(static_cast<int>(failed.code()), "\n", Message(failed)), "error pipe")
      .IgnoreError();
  _exit(128);
}

Status ChildError(std::string_view written) {
  if (written.empty()) return absl::OkStatus();
  int kind = 0;
  auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), kind);
  return Status(static_cast<absl::StatusCode>(kind), std::string(end + 1, written.data() + written.size()));
}

}  // namespace jobpod
