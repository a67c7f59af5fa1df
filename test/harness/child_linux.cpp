#include "test/harness/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/text.hpp"

extern char** environ;

namespace jobpod::test {
namespace {

// Its own process group keeps a terminal's Ctrl-C from the daemons: their owner ends them.
pid_t Spawn(const std::vector<std::string>& command, const std::string& output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, arguments[0], &files, &attributes, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (error) SetUpFailed(Concat("start ", command[0], ": ", strerror(error)));
  return pid;
}

int CodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

class LinuxChild : public Child {
 public:
  explicit LinuxChild(pid_t pid) : pid_(pid) {}
  pid_t pid() const override { return pid_; }
  void Signal(int signal) override { kill(pid_, signal); }
  void Kill() override { kill(pid_, SIGKILL); }
  std::optional<int> Wait(Milliseconds bound) override {
    int status = 0;
    const bool ended = Eventually([&] { return waitpid(pid_, &status, WNOHANG) == pid_; }, bound);
    return ended ? std::optional(CodeOf(status)) : std::nullopt;
  }

 private:
  const pid_t pid_;
};

}  // namespace

std::unique_ptr<Child> Child::Start(const std::vector<std::string>& command, const std::string& output) {
  return std::make_unique<LinuxChild>(Spawn(command, output));
}

}  // namespace jobpod::test
