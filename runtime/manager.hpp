// The one PodManager. Its functions lie in files by subject: pod_run, pod_stop, container_create,
// container_start, container_stop, container_exec, container_stream, stats, recover, shim_lost, registry.
#pragma once

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/workers.hpp"
#include "runtime/child_reaper.hpp"
#include "runtime/live.hpp"
#include "runtime/pod_manager.hpp"
#include "runtime/seccomp.hpp"
#include "runtime/host_journal.hpp"
#include "runtime/store.hpp"
#include "runtime/user.hpp"
#include "volumes/volumes.hpp"

namespace jobpod {

using PodPointer = std::shared_ptr<Pod>;
using ContainerPointer = std::shared_ptr<Container>;

// The end of a container of which no exit code is known: 255, "Unknown".
shim::ContainerReport UnknownEnd(std::string_view why);

class Manager final : public PodManager {
 public:
  Manager(PodManagerConfig config, Images& images, std::unique_ptr<Store> store, std::unique_ptr<HostJournal> journal,
          std::unique_ptr<Jobs> jobs);
  ~Manager() override;

  // Loads the store and finds out what still runs (recover.cpp). Called once, before any other call.
  Status Recover();

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
  StatusOr<ExecResult> ExecSync(const std::string& id, const std::vector<std::string>& command,
                                std::chrono::milliseconds timeout, size_t output_limit,
                                std::stop_token stop) override;
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

  uint64_t LostLogRecords() const override { return lost_log_records_; }

  EventHub& events() override { return events_; }
  const JobSystem& job_system() const override { return jobs_->system(); }

 private:
  // registry.cpp
  StatusOr<PodPointer> GetPod(const std::string& id) const;
  StatusOr<ContainerPointer> GetContainer(const std::string& id) const;
  std::vector<ContainerPointer> LiveContainersOf(const std::string& pod_id) const;
  Status ReserveName(const std::string& name);
  void FreeName(const std::string& name);
  void AddPod(const PodPointer& pod);
  void AddContainer(const ContainerPointer& container);
  // Compute, persist, publish. With `must_persist` a failing database changes nothing; otherwise the change
  // is made in memory and the failure is logged (stop and remove work on a full disk).
  Status UpdatePod(Pod& pod, bool must_persist, const std::function<void(PodRecord&)>& change);
  // `change` says whether there is one; `event` is published with it, so that events come in the order of the changes.
  Status UpdateContainer(Container& container, bool must_persist,
                         const std::function<bool(ContainerRecord&)>& change,
                         std::optional<EventKind> event = std::nullopt);
  void PublishContainer(EventKind kind, const Container& container);
  void PublishPod(EventKind kind, const Pod& pod);
  void SaveCopy(const std::string& pod_id, const std::string& name, const std::string& bytes);
  void SaveCopy(const Container& container);
  void RemoveCopies(const Container& container);

  // pod_run.cpp
  std::string StateDirectory(const std::string& pod_id) const;
  StatusOr<std::shared_ptr<ShimClient>> StartShim(const PodRecord& record);
  ShimClient::Callbacks CallbacksFor(const std::string& pod_id);

  // image_root_{linux,windows}.cpp
  // InvalidArgument for a pod that this system cannot shut in as it asks.
  Status CheckPod(const PodSpec& spec) const;
  Status WritePodFiles(const PodRecord& pod) const;
  StatusOr<MountList> PrepareImageRoot(const PodRecord& pod, const ContainerSpec& spec, VolumesRequest request);
  Status IsolateImageRoot(const PodSpec& pod, const ContainerSpec& spec, LaunchPlan& plan);

  // pod_stop.cpp
  void StopContainersOf(const std::string& pod_id);
  void EndShim(Pod& pod);

  // container_create.cpp
  StatusOr<MountList> PrepareFiles(const PodRecord& pod, const ContainerRecord& record);
  void ReleaseHost(const std::string& container_id);

  // container_start.cpp
  StatusOr<LaunchPlan> FinalPlan(const ContainerRecord& record);
  Status FailStart(Container& container, const Status& why);
  Status AdoptStart(Container& container, ShimClient& client);
  void KillStray(ShimClient& client, const std::string& container_id);
  void MarkStarted(Container& container, int32_t pid, int64_t started_at);

  // container_stop.cpp
  void MarkExited(Container& container, const shim::ContainerReport& report);
  std::optional<shim::ContainerReport> KnownEnd(const Container& container);
  void KillWithoutShim(Container& container, std::chrono::milliseconds grace);
  StatusOr<std::unique_ptr<Job>> OpenJob(const Container& container) const;

  // container_exec.cpp
  void KillExec(const ContainerRecord& container, const std::string& exec_id);

  // container_stream.cpp
  // A running container and the way to its shim.
  struct Running {
    ContainerView view;
    std::shared_ptr<ShimClient> shim;
  };
  // Unimplemented when the shim is older than `shim_version`.
  StatusOr<Running> FindRunning(const std::string& id, uint32_t shim_version) const;

  // stats.cpp
  FilesystemUsage WritableLayerOf(const ContainerPointer& container)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(container->usage_mutex);
  void WalkWritableLayer(Container& container);

  // shim_lost.cpp
  void OnShimLost(const std::string& pod_id);
  void LoseContainers(Pod& pod);
  bool KillJob(const std::string& job_name, std::chrono::milliseconds bound);

  // recover.cpp
  void RecoverPod(const PodPointer& pod);
  void ApplyReports(Pod& pod, const shim::HelloReply& reply);
  void ApplyRunning(Container& container, const shim::ContainerReport& report);
  void SweepOrphans();
  Status AdoptPods(std::vector<PodRecord> records);
  Status AdoptContainers(std::vector<ContainerRecord> records);
  void AfterReboot();

  const PodManagerConfig config_;
  Images& images_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<HostJournal> journal_;
  std::unique_ptr<Jobs> jobs_;
  Volumes volumes_;
  Accounts accounts_;
  DefaultSeccompCache seccomp_;
  EventHub events_;
  absl::Mutex publish_mutex_;  // a later event never shows an older state
  std::atomic<uint64_t> lost_log_records_ = 0;

  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> io_work_;
  std::unique_ptr<ChildReaper> reaper_;
  std::thread io_thread_;

  mutable absl::Mutex mutex_;
  std::map<std::string, PodPointer, std::less<>> pods_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, ContainerPointer, std::less<>> containers_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);

  // Last: its threads use everything above.
  Workers workers_{32, 4096};
};

}  // namespace jobpod
