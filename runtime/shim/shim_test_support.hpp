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

#include "base/temporary_directory.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/client.hpp"
#include "runtime/shim/shim_test_host.hpp"
#include "runtime/shim/spawn.hpp"

namespace jobpod::shim_test {

using std::chrono::milliseconds;

// Looks every few milliseconds; false when `what` has not come true within ten seconds.
bool Eventually(const std::function<bool()>& what, milliseconds bound = milliseconds(10000));

using Words = std::vector<std::string>;

// Runs shim_test_program.
LaunchPlan ProgramPlan(const Words& words);

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
  void LoseConnection() { client_->Close(); }

  StatusOr<shim::FromShim> Ask(const shim::ToShim& request, const std::vector<NativeHandle>& handles = {});
  StatusOr<shim::FromShim> Start(const LaunchPlan& plan);
  // Connects and starts a container that waits until it is killed.
  LaunchPlan StartSleeper();
  Status Stop(const std::string& id, uint32_t timeout_ms, bool whole_tree = false);
  // Runs the plan in the container; the reply of the shim.
  StatusOr<shim::ExecReply> Exec(const std::string& container, const LaunchPlan& plan, uint32_t timeout_ms = 0,
                                 NativeHandle output = kNoHandle);
  StatusOr<shim::ExecReply> Exec(const std::string& container, const Words& words, uint32_t timeout_ms = 0,
                                 NativeHandle output = kNoHandle) {
    return Exec(container, ProgramPlan(words), timeout_ms, output);
  }

  // The report of the `exited` event; fails the test after ten seconds.
  shim::ContainerReport AwaitExit(const std::string& id);
  // The texts of the log, one record a line, without times.
  std::string Log(const LaunchPlan& plan) const;
  std::string LogPath(const std::string& id) const { return directory_.path + "/logs/" + id + ".log"; }
  // Plans with their logs in this shim's directory.
  LaunchPlan WithLog(LaunchPlan plan) const;
  LaunchPlan Program(const Words& words) const { return WithLog(ProgramPlan(words)); }

  std::vector<int32_t> Processes() const;
  // Without what the system puts beside them.
  size_t Programs() const { return CountPrograms(Processes()); }
  bool JobExists() const;
  // How many jobs the pod's tree has, its own included.
  size_t Jobs() const;
  const std::string& job_name() const { return config_.job_name(); }
  bool HasEnded() const { return watched_.HasEnded(); }
  void Kill() const { watched_.Kill(); }
  bool disconnected() const;

  const std::string& state() const { return config_.state_directory(); }
  const SpawnedShim& process() const { return process_; }

 private:
  TemporaryDirectory directory_;
  shim::Config config_;
  std::unique_ptr<jobpod::Jobs> jobs_;
  SpawnedShim process_;
  ShimProcess watched_;
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
