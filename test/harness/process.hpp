// Child processes of tests and benchmarks: daemons that end with their owner, and short commands.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace jobpod::test {

using Milliseconds = std::chrono::milliseconds;

// A test's set-up that failed: not the subject, the surroundings.
[[noreturn]] void SetUpFailed(const std::string& why);

// True as soon as `condition` holds; false when it still does not after `bound`.
bool Eventually(const std::function<bool()>& condition, Milliseconds bound = Milliseconds(10'000));

// A started program, as the system has it.
class Child {
 public:
  virtual ~Child() = default;
  virtual pid_t pid() const = 0;
  virtual void Signal(int signal) = 0;
  virtual void Kill() = 0;
  // Its exit code, 128 + signal when killed; nothing when it still runs after `bound`. Once only.
  virtual std::optional<int> Wait(Milliseconds bound) = 0;
  static std::unique_ptr<Child> Start(const std::vector<std::string>& command, const std::string& output);
};

// A long-running child; killed and reaped when its owner ends. Output goes to a file.
class Process {
 public:
  Process() = default;
  Process(const std::vector<std::string>& command, const std::string& output);
  Process(Process&& other) noexcept = default;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const { return pid_; }
  bool Running();
  // Windows: SIGINT is Ctrl-C, anything else Ctrl-Break.
  void Signal(int signal) const;
  // Its exit code once it has ended, 128 + signal when killed; nothing when it still runs after `bound`.
  std::optional<int> Wait(Milliseconds bound);
  // At once, and reaped.
  void Kill();

 private:
  std::unique_ptr<Child> child_;  // null once it has been reaped
  pid_t pid_ = -1;
  std::optional<int> ended_;
};

struct CommandResult {
  int exit_code = 0;   // 128 + signal when killed
  std::string output;  // standard output and error together
};

// Runs a command to its end; killed at the bound.
CommandResult RunCommand(const std::vector<std::string>& command, Milliseconds bound = Milliseconds(60'000));

// The same, for set-up: a failure is SetUpFailed with the output.
std::string MustRun(const std::vector<std::string>& command);

// A directory below the system's temporary one, removed with everything in it (mounts are not entered).
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const;

 private:
  std::string path_;
};

// Empty when the file is missing.
std::string Slurp(const std::string& path);
void Spill(const std::string& path, const std::string& content, unsigned mode = 0644);

// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
uint16_t FreePort();
bool PortAnswers(uint16_t port);

}  // namespace jobpod::test
