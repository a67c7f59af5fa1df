// A launcher: the shim's own program, started inside a job for a moment to start another one there. Needed where only
// who is inside finds the program (a job with its own view of the files), and where Wine starts a program in a pseudo
// console without standard streams.
//
//   shim ── plan ──▶ launcher   finds the program and its directory, creates the process
//        ◀─ report ─            its handle, or why there is none
//        ── (closes) ──▶        ends; until then it holds the process
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/handle_windows.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"
#include "runtime/new_process_windows.hpp"

namespace jobpod {

class LaunchReport;

// The first word of a launcher's command line.
inline constexpr char kInnerLauncherName[] = "jobpod-launcher";

class InnerLauncher {
 public:
  // Where the launcher is started, and with what streams; its program gets the same. `program` is a path of the host.
  struct Place {
    // A launcher is up to others of its container as soon as it runs, and whoever waits for it does nothing else.
    static constexpr std::chrono::milliseconds kPatience{10'000};

    std::wstring program;
    SpawnHandles handles;
    std::vector<HANDLE> jobs;  // outermost first, at least one; open while the launcher is used
    HANDLE token = nullptr;
    std::chrono::milliseconds patience = kPatience;  // with its answer
  };
  static StatusOr<InnerLauncher> Start(const Place& place);

  // Once. Comes back when the launcher has ended, or is told to; killing the job cuts it short. The error is
  // StartProcess's, or Unavailable when the launcher was killed or did not answer: then what it may have started is in
  // the job.
  StatusOr<BornProcess> Run(const LaunchPlan& plan);

  HANDLE process() const { return process_.get(); }

 private:
  InnerLauncher(Handle process, const Place& place)
      : process_(std::move(process)), job_(place.jobs.back()), patience_(place.patience) {}

  StatusOr<BornProcess> Take(const LaunchReport& report) const;
  StatusOr<BornProcess> TakeProcess(uint64_t theirs) const;
  void LetGo(std::chrono::milliseconds patience);
  Status NoAnswer(const LaunchPlan& plan, const Status& why) const;

  Handle process_;
  HANDLE job_;  // the innermost
  std::chrono::milliseconds patience_;
  Handle requests_, reports_;
};

// Whether a program with these streams needs a launcher wherever it runs.
bool NeedsInnerLauncher(const SpawnHandles& handles);

// In the launcher.
int InnerLauncherMain(const std::vector<std::string>& arguments);

}  // namespace jobpod
