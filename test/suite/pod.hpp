// A pod that goes away with its case.
#pragma once

#include <functional>
#include <string>

#include "test/harness/configs.hpp"
#include "test/suite/log_lines.hpp"
#include "test/suite/shared_daemon.hpp"

namespace jobpod::test {

struct Ran {
  std::string id;
  cri::ContainerStatus status;
  std::string out, err;
};

class Pod {
 public:
  explicit Pod(Daemon& daemon = SharedDaemon(), const std::string& handler = "",
               const std::function<void(cri::PodSandboxConfig&)>& edit = {});
  // Stops and removes the pod; complains on the case when that fails.
  ~Pod();
  Pod(const Pod&) = delete;
  Pod& operator=(const Pod&) = delete;

  const std::string& id() const { return id_; }
  const cri::PodSandboxConfig& config() const { return config_; }
  Daemon& daemon() { return daemon_; }
  CriClient& client() { return daemon_.client(); }

  // Gives the container a name and log of its own, then creates it.
  std::string Create(cri::ContainerConfig container);
  std::string Start(const cri::ContainerConfig& container);
  // Starts and waits for its end.
  Ran Run(const cri::ContainerConfig& container, Milliseconds bound = Milliseconds(15'000));
  // The absolute path of a container's log, from its status.
  std::string Log(const std::string& id);
  // Waits until the container's log says `text`, or the bound is over.
  bool Says(const std::string& id, const std::string& text, Milliseconds bound = Milliseconds(10'000));

 private:
  Daemon& daemon_;
  cri::PodSandboxConfig config_;
  std::string id_;
  int next_ = 0;
};

// The number in the first line that starts with `name` and "=": how containers report pids.
pid_t Reported(const std::string& text, const std::string& name);

}  // namespace jobpod::test
