#include "test/harness/process.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "base/text.hpp"

namespace jobpod::test {

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
    : child_(Child::Start(command, output)), pid_(child_->pid()) {}

Process& Process::operator=(Process&& other) noexcept {
  Kill();
  child_ = std::move(other.child_);
  pid_ = other.pid_;
  ended_ = other.ended_;
  return *this;
}

Process::~Process() {
  Kill();
}

bool Process::Running() {
  return child_ && !Wait(Milliseconds(0));
}

void Process::Signal(int signal) const {
  if (child_) child_->Signal(signal);
}

std::optional<int> Process::Wait(Milliseconds bound) {
  if (!child_) return ended_;
  ended_ = child_->Wait(bound);
  if (ended_) child_.reset();
  return ended_;
}

void Process::Kill() {
  if (!child_) return;
  child_->Kill();
  Wait(Milliseconds(10'000));
}

CommandResult RunCommand(const std::vector<std::string>& command, Milliseconds bound) {
  TemporaryDirectory directory;
  Process process(command, directory / "output");
  const std::optional<int> code = process.Wait(bound);
  if (!code) process.Kill();
  return {code.value_or(124), Slurp(directory / "output")};
}

std::string MustRun(const std::vector<std::string>& command) {
  CommandResult result = RunCommand(command, Milliseconds(120'000));
  if (result.exit_code == 0) return result.output;
  std::string line;
  for (const std::string& word : command) line += word + " ";
  SetUpFailed(Concat(line, "ended with ", result.exit_code, ": ", result.output));
}

}  // namespace jobpod::test
