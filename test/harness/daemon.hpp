// A jobpodd of the test's own: private root, state and endpoint.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/harness/client.hpp"

namespace jobpod::test {

class Daemon {
 public:
  // Starts and waits until it is ready. `config` is more TOML for its file, top-level keys first.
  explicit Daemon(const std::string& config = "");
  // Removes every pod, ends it by SIGTERM.
  ~Daemon();

  std::string address() const;
  const std::string& directory() const { return directory_.path(); }
  std::string logs() const { return directory_ / "pods"; }
  pid_t pid() const { return process_.pid(); }
  CriClient& client() { return *client_; }
  Process& process() { return process_; }

  // SIGKILL; pods go on. Start brings it back on the same root.
  void Kill() { process_.Kill(); }
  void Start();
  // Start without waiting for it to be ready.
  void Launch();
  // SIGTERM (Windows: Ctrl-Break); true when it ended in time with code 0.
  bool Terminate();
  void Restart();

  // Stops and removes all pods that can be; returns what went wrong.
  std::vector<std::string> RemoveEverything();
  std::vector<pid_t> Shims() const;
  // The end of its log, for a failed test.
  std::string LogTail(size_t lines = 40) const;
  // A sample without labels of its /metrics page; -1 when there is none.
  double Metric(const std::string& name) const;
  std::string log_file() const { return directory_ / "jobpodd.log"; }
  std::vector<std::string> Command() const;

 private:
  TemporaryDirectory directory_;
  Process process_;
  std::unique_ptr<CriClient> client_;
};

// A program of this build: "jobpodd", "jobpod".
std::string Program(const std::string& name);

}  // namespace jobpod::test
