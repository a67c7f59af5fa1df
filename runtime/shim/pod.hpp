// What one shim holds: the pod's job, its containers and their execs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "runtime/shim/container.hpp"
#include "runtime/shim/exec_session.hpp"
#include "runtime/shim/pod_namespaces.hpp"

namespace jobpod::shim {

// On the shim's one thread.
class Pod {
 public:
  using Exited = std::function<void(const ContainerReport&)>;
  using LostLog = std::function<void(const LogLoss&)>;

  // Makes the pod's job. `config` outlives the pod.
  static StatusOr<std::unique_ptr<Pod>> Create(boost::asio::io_context& io, Reaper& reaper,
                                               ReadBuffer& buffer, const Config& config, Exited on_exited,
                                               LostLog on_log_loss);

  StatusOr<ContainerReport> Start(const LaunchPlan& plan);
  Status Stop(const shim::Stop& stop);
  Status Forget(const std::string& container_id);
  Status ReopenLog(const std::string& container_id);

  StatusOr<AttachReply> Attach(const shim::Attach& asked, ClientHandles handles);

  // `done` is called once unless this fails.
  Status Exec(const shim::Exec& exec, SpawnHandles handles, ExecSession::Done done);
  // Kills its tree after `grace`, unless it ends by itself before.
  void CancelExec(const std::string& exec_id, std::chrono::milliseconds grace = {});

  // Kills everything; `on_end` is called once when every container has ended and the job is gone, or
  // with the reason it is not after a bound. New containers and execs are refused from now on.
  void Shutdown(std::function<void(const Status&)> on_end);

  std::vector<ContainerReport> Reports() const;

 private:
  Pod(boost::asio::io_context& io, Reaper& reaper, ReadBuffer& buffer, const Config& config,
      Exited on_exited, LostLog on_log_loss);

  StatusOr<SpawnHandles> NamespacesFor(const LaunchPlan& plan) const;
  StatusOr<std::shared_ptr<Container>> Find(const std::string& id) const;
  Status RefuseNew(const LaunchPlan& plan) const;
  void OnExited(const ContainerReport& report);
  void ContinueShutdown();

  ContainerHost host_;
  Exited on_exited_;
  std::unique_ptr<Jobs> jobs_;
  std::unique_ptr<Job> job_;
  PodNamespaces namespaces_;
  std::map<std::string, std::shared_ptr<Container>> containers_;
  std::map<std::string, std::shared_ptr<ExecSession>> execs_;
  std::function<void(const Status&)> on_shut_down_;
  bool shutting_down_ = false;
};

}  // namespace jobpod::shim
