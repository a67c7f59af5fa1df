#include "runtime/inner_launcher_windows.hpp"

#include "base/file_windows.hpp"
#include "base/frame_pipe_windows.hpp"
#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/launch_report.pb.h"
#include "runtime/process_windows.hpp"

namespace jobpod {
namespace {

using Console = NewProcess::Console;

constexpr std::chrono::milliseconds kEnds{5'000};

// The words that InnerLauncherMain reads.
std::wstring CommandLine(HANDLE requests, HANDLE reports, bool console) {
  const auto number = [](HANDLE handle) { return reinterpret_cast<uintptr_t>(handle); };
  return Wide(Concat(kInnerLauncherName, " ", number(requests), " ", number(reports), console ? " console" : ""));
}

// What the program is started from; the rest is the shim's alone.
std::string RequestFor(const LaunchPlan& plan) {
  LaunchPlan request = plan;
  request.clear_user();
  request.clear_mounts();
  request.clear_limits();
  return request.SerializeAsString();
}

StatusOr<LaunchReport> ReadReport(HANDLE reports, Deadline until) {
  ASSIGN_OR_RETURN(const std::string frame, ReadFrameBefore(reports, until));
  LaunchReport report;
  if (report.ParseFromString(frame)) return report;
  return absl::DataLossError("the launcher's report makes no sense");
}

}  // namespace

bool NeedsInnerLauncher(const SpawnHandles& handles) {
  return handles.console != -1 && RunsUnderWine();
}

StatusOr<InnerLauncher> InnerLauncher::Start(const Place& place) {
  const bool console = place.handles.console != -1;
  ASSIGN_OR_RETURN(Pipe requests, MakePipe(PipeUse::kWaiting, PipeUse::kOverlapped));
  ASSIGN_OR_RETURN(Pipe reports, MakePipe(PipeUse::kOverlapped, PipeUse::kWaiting));
  ASSIGN_OR_RETURN(const Handle their_requests, InheritableCopy(NativeOf(requests.read)));
  ASSIGN_OR_RETURN(const Handle their_reports, InheritableCopy(NativeOf(reports.write)));
  NewProcess wanted;
  wanted.program = place.program;
  wanted.command_line = CommandLine(their_requests.get(), their_reports.get(), console);
  wanted.environment = EnvironmentBlock(LaunchPlan(), place.token);
  wanted.console = console ? Console::kPseudo : Console::kNone;
  wanted.streams = place.handles;
  wanted.inherited = {their_requests.get(), their_reports.get()};
  wanted.jobs = place.jobs;
  wanted.token = place.token;
  ASSIGN_OR_RETURN(BornProcess born, CreateNewProcess(std::move(wanted)));
  InnerLauncher launcher(std::move(born.process), place);
  launcher.requests_ = std::move(requests.write);
  launcher.reports_ = std::move(reports.read);
  return launcher;
}

StatusOr<BornProcess> InnerLauncher::Run(const LaunchPlan& plan) {
  // What cannot be written is not answered either.
  const Deadline until = After(patience_);
  WriteFrameBefore(requests_.get(), RequestFor(plan), until).IgnoreError();
  const StatusOr<LaunchReport> report = ReadReport(reports_.get(), until);
  StatusOr<BornProcess> born = report.ok() ? Take(*report) : StatusOr<BornProcess>(report.status());
  const bool late = absl::IsDeadlineExceeded(report.status());
  LetGo(late ? std::chrono::milliseconds(0) : kEnds);
  return late || absl::IsUnavailable(report.status()) ? StatusOr<BornProcess>(NoAnswer(plan, report.status()))
                                                      : std::move(born);
}

StatusOr<BornProcess> InnerLauncher::Take(const LaunchReport& report) const {
  if (report.error_code() == 0) return TakeProcess(report.process());
  return Status(static_cast<absl::StatusCode>(report.error_code()), report.error_message());
}

// A launcher runs as the container's account, so that others of the container may have made it say anything.
StatusOr<BornProcess> InnerLauncher::TakeProcess(uint64_t theirs) const {
  HANDLE ours = nullptr;
  // What the process is needed for, whatever the launcher's handle allows: without, its end would not be seen.
  constexpr DWORD kAccess = SYNCHRONIZE | PROCESS_QUERY_INFORMATION | PROCESS_TERMINATE;
  if (!DuplicateHandle(process_.get(), reinterpret_cast<HANDLE>(theirs), GetCurrentProcess(), &ours, kAccess, FALSE, 0)) {
    return LastErrorStatus("take over the process that the launcher has started");
  }
  Handle process(ours);
  BOOL inside = FALSE;
  if (IsProcessInJob(process.get(), job_, &inside) && inside) {
    return BornProcess{static_cast<int32_t>(GetProcessId(process.get())), std::move(process)};
  }
  return absl::PermissionDeniedError("the launcher names a process that is not of its job");
}

// Nothing that is not the program is in the job afterwards.
void InnerLauncher::LetGo(std::chrono::milliseconds patience) {
  requests_.Reset();
  if (WaitForSingleObject(process_.get(), static_cast<DWORD>(patience.count())) == WAIT_OBJECT_0) return;
  TerminateProcess(process_.get(), 1);
  // One that a driver keeps is in the job, whose end is its end.
  WaitForSingleObject(process_.get(), static_cast<DWORD>(kEnds.count()));
}

Status InnerLauncher::NoAnswer(const LaunchPlan& plan, const Status& why) const {
  const std::string what = Concat("start ", plan.argv_size() > 0 ? plan.argv(0) : std::string(),
                                  ": the launcher in the container's job ");
  if (absl::IsDeadlineExceeded(why)) {
    return absl::UnavailableError(Concat(what, "did not answer within ", patience_.count(),
                                         " ms and was killed; does something in the container suspend processes?"));
  }
  DWORD code = 0;
  GetExitCodeProcess(process_.get(), &code);
  return absl::UnavailableError(Concat(what, "ended, with ", code,
                                       ", before it said what became of it; was the container killed?"));
}

}  // namespace jobpod
