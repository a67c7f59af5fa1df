// A real shim for tests: spawned, connected, and cleared away whatever happens.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/handle_linux.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/client.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod::shim_test {

using std::chrono::milliseconds;

// Looks every few milliseconds; false when `what` has not come true within ten seconds.
bool Eventually(const std::function<bool()>& what, milliseconds bound = milliseconds(10000));

// Runs a shell script with busybox.
LaunchPlan ShellPlan(const std::string& script);

class TestShim {
 public:
  explicit TestShim(uint32_t handshake_timeout_ms = 10000);
  ~TestShim();

  Status Connect();
  // What the shim said when this connection was made.
  const shim::HelloReply& hello() const { return hello_; }
  void Disconnect();
  ShimClient& client() { return *client_; }
  // Ends the connection while calls are waiting, as the death of the daemon does.
  void LoseConnection();
  // Sends bytes that are no frame on the client's own connection.
  void SendNonsense();

  StatusOr<shim::FromShim> Ask(const shim::ToShim& request, const std::vector<NativeHandle>& handles = {});
  StatusOr<shim::FromShim> Start(const LaunchPlan& plan);
  Status Stop(const std::string& id, uint32_t timeout_ms, bool whole_tree = false);
  // Runs a script in the container; the reply of the shim.
  StatusOr<shim::ExecReply> Exec(const std::string& container, const std::string& script,
                                 uint32_t timeout_ms = 0, int output = -1);

  // The report of the `exited` event; fails the test after ten seconds.
  shim::ContainerReport AwaitExit(const std::string& id);
  // The texts of the log, one record a line, without times.
  std::string Log(const LaunchPlan& plan) const;
  std::string LogPath(const std::string& id) const { return directory_ + "/logs/" + id + ".log"; }
  // A plan with its log in this shim's directory.
  LaunchPlan Shell(const std::string& script) const;

  std::vector<int32_t> Processes() const;
  bool JobExists() const;
  // How many jobs the pod's tree has, its own included.
  size_t Jobs() const;
  const std::string& job_name() const { return config_.job_name(); }
  bool HasEnded() const;
  bool disconnected() const;

  const std::string& state() const { return config_.state_directory(); }
  const SpawnedShim& process() const { return process_; }

 private:
  std::string directory_;
  shim::Config config_;
  std::unique_ptr<jobpod::Jobs> jobs_;
  SpawnedShim process_;
  Fd pidfd_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, shim::ContainerReport> exited_;
  bool disconnected_ = false;
  std::shared_ptr<ShimClient> client_;
  shim::HelloReply hello_;
};

}  // namespace jobpod::shim_test
