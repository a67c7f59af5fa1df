// One container as its shim sees it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/native_handle.hpp"
#include "runtime/job.hpp"
#include "runtime/shim/output_pump.hpp"
#include "runtime/shim/protocol.pb.h"
#include "runtime/shim/reaper.hpp"
#include "runtime/shim/stdio.hpp"

namespace jobpod::shim {

// What containers need of the shim around them. Outlives them.
struct ContainerHost {
  boost::asio::io_context& io;
  Reaper& reaper;
  ReadBuffer& buffer;
  std::string state_directory;
  size_t log_line_limit = 0;
  // Called once for each container that ran, after its record file is written.
  std::function<void(const ContainerReport&)> on_exited;
  std::function<void(const LogLoss&)> on_log_loss;
};

//   Start ──▶ running ── Stop: signal ──▶ ending ── deadline, or ──▶ killing
//                │                          ▲  │    Stop with 0        │  │
//                └─ init exits, others left ┘  │                       │  └─ 10 s: reported as hanging
//                     (they get the signal)    └── tree is empty ──────┴───▶ draining ── end of file
//                                                                                │        or 1 s
//   A failed Start is `exited` at once, with 128 and "StartError".               └──▶ exited
class Container : public std::enable_shared_from_this<Container> {
 public:
  Container(ContainerHost& host, const std::string& id);

  // Starts the plan in a job inside `pod_job`, with the namespaces of `handles` (which has no streams); its
  // error is the start's. On failure nothing is left but the report.
  Status Start(Job& pod_job, const LaunchPlan& plan, const StatusOr<SpawnHandles>& handles);

  // See protocol.proto. Stopping an exited container is nothing to do.
  void Stop(std::chrono::milliseconds timeout, int signal, bool whole_tree);
  void Kill();

  // Forgets the record file. FailedPrecondition while the container has not exited.
  Status Forget();
  Status ReopenLog();

  const ContainerReport& report() const { return report_; }
  bool exited() const { return phase_ == Phase::kExited; }

  // Joins a client (protocol.proto). FailedPrecondition when the container does not run any more.
  StatusOr<AttachReply> Attach(const shim::Attach& asked, ClientHandles handles);

  // For an exec. FailedPrecondition when the container's first process does not run any more.
  struct Place {
    Job* job;
    NativeHandle mount_namespace;  // Linux: to enter
    NativeHandle process;          // of the first process: a pidfd on Linux
    bool isolated = false;         // all of that process's namespaces are to be entered
  };
  StatusOr<Place> PlaceForExec();

 private:
  enum class Phase { kRunning, kEnding, kKilling, kDraining, kExited };

  Status Launch(Job& pod_job, const LaunchPlan& plan, const StatusOr<SpawnHandles>& handles);
  Status SpawnInit(const LaunchPlan& plan, const SpawnHandles& handles);
  Status WatchJob();
  Status OpenLog(const std::string& path);
  void StartPumps(ContainerStdio stdio);
  AttachedClient::Input InputFor(const shim::Attach& asked);
  void RecordStartFailure(const Status& failure);

  // Of each system (container_{linux,windows}.cpp).
  void TakeView();    // of the host, as the first process has it: for execs
  void SignalStop();  // the first process, or the whole tree

  void OnInitExit(int exit_code);
  void OnJobEmpty();
  void OnTimer();
  void BringForward(Deadline deadline);
  void Arm(Deadline deadline);
  void Drain();
  void OnPumpEnd();
  void FinishPumps();
  void Finish();
  void DecideReason();
  void WriteRecord();
  std::string RecordPath() const;

  ContainerHost& host_;
  ContainerReport report_;
  Phase phase_ = Phase::kRunning;
  std::unique_ptr<Job> job_;
  OwnedHandle mount_namespace_;  // Linux
  bool view_lost_ = false;       // Linux: init has its own, and it cannot be entered
  OwnedHandle init_;             // a pidfd on Linux
  bool private_namespace_ = false, isolated_ = false;
  std::shared_ptr<InputEnd> input_;  // of a stdin_once container only until its client has come
  std::shared_ptr<Terminal> terminal_;
  bool tty_ = false, stdin_once_ = false;
  std::shared_ptr<Audience> audience_;
  std::shared_ptr<LogWriter> log_;
  std::shared_ptr<OutputPump> pumps_[2];
  boost::asio::steady_timer timer_;
  Deadline deadline_;
  int stop_signal_ = 0;
  bool stop_whole_tree_ = false;
  std::chrono::milliseconds survivor_grace_{0};
  bool init_exited_ = false;
};

}  // namespace jobpod::shim
