#include "test/harness/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>
#include <utility>

#include "base/handle_linux.hpp"
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

}  // namespace

void SetUpFailed(const std::string& why) {
  throw std::runtime_error("test set-up: " + why);
}

bool Eventually(const std::function<bool()>& condition, Milliseconds bound) {
  const auto end = std::chrono::steady_clock::now() + bound;
  auto pause = std::chrono::microseconds(500);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20'000));
  }
  return true;
}

Process::Process(const std::vector<std::string>& command, const std::string& output)
    : pid_(Spawn(command, output)) {}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), ended_(std::exchange(other.ended_, std::nullopt)) {}

Process& Process::operator=(Process&& other) noexcept {
  if (this != &other) {
    Kill();
    pid_ = std::exchange(other.pid_, -1);
    ended_ = std::exchange(other.ended_, std::nullopt);
  }
  return *this;
}

Process::~Process() {
  Kill();
}

bool Process::Running() {
  return pid_ > 0 && !Wait(Milliseconds(0));
}

void Process::Signal(int signal) const {
  if (pid_ > 0 && !ended_) kill(pid_, signal);
}

std::optional<int> Process::Wait(Milliseconds bound) {
  if (pid_ <= 0 || ended_) return ended_.value_or(0);
  Eventually(
      [&] {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
        ended_ = status;
        return true;
      },
      bound);
  return ended_;
}

void Process::Kill() {
  Signal(SIGKILL);
  Wait(Milliseconds(10'000));
}

CommandResult RunCommand(const std::vector<std::string>& command, Milliseconds bound) {
  TemporaryDirectory directory;
  Process process(command, directory / "output");
  const std::optional<int> status = process.Wait(bound);
  if (!status) process.Kill();
  CommandResult result{124, Slurp(directory / "output")};
  if (status) result.exit_code = WIFSIGNALED(*status) ? 128 + WTERMSIG(*status) : WEXITSTATUS(*status);
  return result;
}

std::string MustRun(const std::vector<std::string>& command) {
  CommandResult result = RunCommand(command, Milliseconds(120'000));
  if (result.exit_code == 0) return result.output;
  std::string line;
  for (const std::string& word : command) line += word + " ";
  SetUpFailed(Concat(line, "ended with ", result.exit_code, ": ", result.output));
}

}  // namespace jobpod::test
