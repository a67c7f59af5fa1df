// A PodManager without processes: pods and containers are records in memory that go through the same
// states. For tests of what stands above runtime/.
#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "runtime/pod_manager.hpp"
#include "test/fakes/fake_stdio_session.hpp"

namespace jobpod {

class FakePodManager final : public PodManager {
 public:
  StatusOr<std::string> RunPod(const PodSpec& spec, std::stop_token stop) override;
  Status StopPod(const std::string& id) override;
  Status RemovePod(const std::string& id) override;
  Status UpdatePodLimits(const std::string& id, const Limits& limits) override;

  StatusOr<PodView> FindPod(const std::string& id_or_prefix) const override;
  std::vector<PodView> ListPods() const override;
  StatusOr<ContainerView> FindContainer(const std::string& id_or_prefix) const override;
  std::vector<ContainerView> ListContainers() const override;
  std::vector<ContainerView> ContainersOf(const std::string& pod_id) const override;

  StatusOr<std::string> CreateContainer(const std::string& pod_id, const ContainerSpec& spec,
                                        std::stop_token stop) override;
  Status StartContainer(const std::string& id) override;
  Status StopContainer(const std::string& id, std::chrono::milliseconds timeout) override;
  Status RemoveContainer(const std::string& id) override;
  StatusOr<std::vector<std::string>> UpdateLimits(const std::string& id, const Limits& limits) override;
  Status ReopenLog(const std::string& id) override;
  // `echo WORDS` answers them; `block` waits for its time-out or for `stop`; `flood` fills the limit.
  StatusOr<ExecResult> ExecSync(const std::string& id, const std::vector<std::string>& command,
                                std::chrono::milliseconds timeout, size_t output_limit,
                                std::stop_token stop) override;
  // See fake_stdio_session.hpp; the container itself behaves like `cat`.
  StatusOr<std::unique_ptr<StdioSession>> ExecStream(const std::string& id,
                                                     const std::vector<std::string>& command,
                                                     const StdioRequest& request,
                                                     boost::asio::any_io_executor executor,
                                                     StdioEnd end) override;
  StatusOr<std::unique_ptr<StdioSession>> AttachStream(const std::string& id, const StdioRequest& request,
                                                       boost::asio::any_io_executor executor,
                                                       StdioEnd end) override;

  StatusOr<ContainerUsage> Usage(const std::string& container_id, UsageDetail detail) override;
  std::vector<ContainerUsage> UsageOfAll(UsageDetail detail) override;
  StatusOr<PodUsage> UsageOfPod(const std::string& pod_id, UsageDetail detail) override;

  uint64_t LostLogRecords() const override { return 3; }

  EventHub& events() override { return events_; }
  const JobSystem& job_system() const override { return system_; }

  // The id the next pod or container gets, instead of a random one.
  void SetNextId(const std::string& id) { next_id_ = id; }
  // How often a blocked exec was told to stop.
  int stopped_execs() const { return stopped_execs_; }
  const FakeSessionTraces& session_traces() const { return session_traces_; }
  Limits pod_limits(const std::string& id) const;

 private:
  std::string TakeId();
  StatusOr<ContainerView> Change(const std::string& id,
                                 const std::function<Status(ContainerRecord&)>& change);
  void Publish(EventKind kind, const std::string& id, const std::string& pod_id);
  ContainerUsage Sample(const ContainerView& container) const;

  mutable std::mutex mutex_;
  std::map<std::string, PodView> pods_;
  std::map<std::string, ContainerView> containers_;
  std::map<std::string, Limits> pod_limits_;
  std::string next_id_;
  std::atomic<int> stopped_execs_{0};
  FakeSessionTraces session_traces_;
  EventHub events_;
  const JobSystem system_{
      "fake", {"cpu", "memory"}, {"io: no controller, limits on IO are not applied"}, true};
};

}  // namespace jobpod
