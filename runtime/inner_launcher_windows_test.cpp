// Programs started by a launcher in an ordinary job, for real: nothing but the silo is missing.
#include "runtime/inner_launcher_windows.hpp"

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/open_handles_windows.hpp"
#include "base/pipe_windows.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_object_windows.hpp"
#include "runtime/job_test_support.hpp"
#include "runtime/job_test_windows.hpp"
#include "runtime/process_windows.hpp"

// Not in MinGW's headers.
extern "C" NTSTATUS NTAPI NtSuspendProcess(HANDLE);

namespace jobpod {
namespace {

struct Room {
  Handle job{CreateJobObjectW(nullptr, nullptr)};
  TemporaryDirectory directory;
  Handle output = jobpod::Take(OpenPath(directory.path + "/output", GENERIC_WRITE, CREATE_NEW));
  InnerLauncher::Place place{Wide(JOBPOD_SHIM_PATH), {}, {job.get()}};

  Room() { place.handles.standard_output = NativeOf(output); }
  ~Room() { TerminateJobObject(job.get(), 1); }

  StatusOr<BornProcess> Launch(const LaunchPlan& plan) {
    return jobpod::Take(InnerLauncher::Start(place)).Run(plan);
  }
  StatusOr<BornProcess> StartDirectly(const LaunchPlan& plan) {
    return StartProcess(plan, place.handles, place.jobs, nullptr);
  }
  std::string Output() { return jobpod::Take(ReadFile(directory.path + "/output")); }
};

LaunchPlan Plan(const std::vector<std::string>& argv, const std::string& executable = JOB_TEST_PROGRAM) {
  LaunchPlan plan;
  for (const std::string& argument : argv) plan.add_argv(argument);
  plan.add_executables(executable);
  return plan;
}

TEST_CASE("A launched program gets its arguments, streams, environment and directory, and its own exit code comes") {
  Room room;
  CHECK(ExitCodeOf(Take(room.Launch(Plan({"x", "code", "41"}))).process) == 41);
  const LaunchPlan words = Plan({"x", "arguments", "two words", "", "a\"b", "%PATH%", "\xc3\xa4"});
  CHECK(ExitCodeOf(Take(room.Launch(words)).process) == 0);
  CHECK(room.Output() == "[two words][][a\"b][%PATH%][\xe4]");
  Pipe input = Take(MakePipe(PipeUse::kWaiting, PipeUse::kWaiting));
  room.place.handles.standard_input = NativeOf(input.read);
  REQUIRE(WriteAll(input.write.get(), "typed", "a pipe").ok());
  input.write.Reset();
  LaunchPlan plan = Plan({"x", "describe"});
  plan.add_environment("GREETING=hello");
  // More than the pipe to the launcher holds.
  for (int i = 0; i < 10; ++i) plan.add_environment(Concat("FILLER", i, "=", std::string(10'000, 'x')));
  plan.set_working_directory(room.directory.path + "\\made\\here");
  plan.set_make_working_directory(true);
  CHECK(ExitCodeOf(Take(room.Launch(plan)).process) == 0);
  const std::string output = room.Output();
  CAPTURE(output);
  CHECK(output.ends_with("made\\here][hello][typed]"));
}

TEST_CASE("A launched program is alone in the job, and as if it had been started there without a launcher") {
  Room room;
  const BornProcess directly = Take(room.StartDirectly(Plan({"x", "wait"})));
  REQUIRE(IsOurChild(directly.process));
  const BornProcess launched = Take(room.Launch(Plan({"x", "wait"})));
  CHECK_FALSE(IsOurChild(launched.process));
  CHECK(Eventually([&] { return CountPrograms(Take(JobProcesses(room.job.get()))) == 2; }));
  CHECK(launched.pid == static_cast<int32_t>(GetProcessId(launched.process.get())));
  BOOL inside = FALSE;
  CHECK((IsProcessInJob(launched.process.get(), room.job.get(), &inside) && inside));
  const auto handles = [](const BornProcess& born) { return OpenHandlesOf(static_cast<uint32_t>(born.pid)); };
  CHECK(handles(directly) > 0);
  CHECK(Eventually([&] { return handles(launched) == handles(directly); }));
}

TEST_CASE("What cannot be launched is refused in the words of a start without a launcher, and leaves nothing") {
  Room room;
  const std::string text = room.directory.path + "\\text.exe";
  REQUIRE(WriteFileAtomic(text, "not a program").ok());
  LaunchPlan astray = Plan({"x", "exit"});
  astray.set_working_directory("C:\\nowhere");
  for (const LaunchPlan& plan :
       {Plan({"x"}, "C:\\nowhere\\x.exe"), Plan({"x"}, room.directory.path), Plan({"x"}, text), astray, LaunchPlan()}) {
    const Status refused = room.Launch(plan).status(), expected = room.StartDirectly(plan).status();
    CHECK_FALSE(refused.ok());
    CHECK(refused == expected);
    CHECK(ActiveProcesses(room.job.get()) == 0);
  }
}

TEST_CASE("A launcher that is killed is told from one that answers") {
  Room room;
  InnerLauncher launcher = Take(InnerLauncher::Start(room.place));
  REQUIRE(TerminateProcess(launcher.process(), 7));
  const Status refused = launcher.Run(Plan({"program", "wait"})).status();
  CAPTURE(refused.ToString());
  CHECK(absl::IsUnavailable(refused));
  CHECK(refused.message().find("start program: the launcher in the container's job ended, with 7,") !=
        absl::string_view::npos);
  CHECK(ActiveProcesses(room.job.get()) == 0);
}

// By another process of its container, which runs as the same account.
TEST_CASE("A launcher that is suspended is waited for no longer than is said, and killed") {
  Room room;
  room.place.patience = std::chrono::milliseconds(300);
  InnerLauncher launcher = Take(InnerLauncher::Start(room.place));
  REQUIRE(NtSuspendProcess(launcher.process()) >= 0);
  LaunchPlan plan = Plan({"program", "wait"});
  // More than the pipe to it holds.
  for (int i = 0; i < 10; ++i) plan.add_environment(Concat("FILLER", i, "=", std::string(10'000, 'x')));
  const Status refused = launcher.Run(plan).status();
  CAPTURE(refused.ToString());
  CHECK(absl::IsUnavailable(refused));
  CHECK(refused.message().find("did not answer within 300 ms") != absl::string_view::npos);
  CHECK(ActiveProcesses(room.job.get()) == 0);
}

TEST_CASE("A launcher cannot pass off a process that is not of its job") {
  Room room;
  room.place.program = Wide(JOB_TEST_PROGRAM);
  const Status refused = room.Launch(Plan({"x", "exit"})).status();
  CAPTURE(refused.ToString());
  CHECK(absl::IsPermissionDenied(refused));
}

TEST_CASE("A launcher that is no program is the start's error") {
  Room room;
  room.place.program = L"C:\\nowhere\\launcher.exe";
  const Status refused = InnerLauncher::Start(room.place).status();
  CHECK(absl::IsNotFound(refused));
  CHECK(refused.message().find("launcher.exe") != absl::string_view::npos);
}

}  // namespace
}  // namespace jobpod
