// Jobs with a view of the host's files of their own. The silo and its filter are played, for Wine has neither; jobs,
// launcher and programs are real.
#include "base/file.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "runtime/job_object_windows.hpp"
#include "runtime/job_test_support.hpp"
#include "runtime/job_test_windows.hpp"
#include "runtime/job_windows.hpp"

namespace jobpod {
namespace {

// Remembers what it was asked, and that no process was there yet.
struct PlayedSystem {
  BindCalls calls{[] { return absl::OkStatus(); },
                  [this](HANDLE job) { return Ask(job, "silo", silo); },
                  [this](HANDLE job, uint32_t, const std::wstring& target, const std::wstring&) {
                    return Ask(job, Utf8(target), asked.size() == fails_at ? failure : absl::OkStatus());
                  }};
  Status Ask(HANDLE job, const std::string& what, const Status& answer) {
    CHECK(ActiveProcesses(job) == 0);
    asked.push_back(what);
    return answer;
  }
  Status silo, failure = absl::PermissionDeniedError("Access denied (error 5)");
  size_t fails_at = 0;
  std::vector<std::string> asked;

  std::unique_ptr<Jobs> jobs = Take(MakeWindowsJobs({[this] { return calls; }, Wide(JOBPOD_SHIM_PATH)}));
};

MountList View() {
  MountList view;
  view.set_private_namespace(true);
  view.mutable_root()->set_target("C:\\hpc");
  view.mutable_root()->set_upper("D:\\upper");
  Mount& mount = *view.add_mounts();
  mount.set_source("D:\\data");
  mount.set_target("C:\\data");
  mount.set_at_target(true);
  return view;
}

// Once the system has begun what it puts beside programs.
bool HasPrograms(const Job& job, size_t count) {
  return Eventually([&] { return CountPrograms(Take(job.Processes())) == count; });
}

Handle Start(Job& job, const LaunchPlan& plan) {
  return Handle(reinterpret_cast<HANDLE>(Take(job.Spawn(plan, {})).process_handle));
}

TEST_CASE("A job's view is made once and before its first process; in it and in execs launchers start programs") {
  JobFixture host("host");
  PlayedSystem system;
  auto pod = Take(system.jobs->Create(host.root(), {}));
  auto container = Take(pod->CreateChild("container", JobKind::kLimited, {}, View()));
  CHECK(system.asked == std::vector<std::string>{"silo", "C:\\hpc", "C:\\data"});
  CHECK_FALSE(IsOurChild(Start(*container, host.Plan(Deed::kWait))));
  auto exec = Take(container->CreateChild("exec", JobKind::kExec, {}));
  CHECK_FALSE(IsOurChild(Start(*exec, host.Plan(Deed::kWait))));
  auto beside = Take(pod->CreateChild("beside", JobKind::kLimited, {}));
  CHECK(IsOurChild(Start(*beside, host.Plan(Deed::kWait))));
  CHECK(system.asked.size() == 3);
  CHECK(HasPrograms(*container, 2));
  CHECK(HasPrograms(*exec, 1));
  const Status missing = exec->Spawn(host.Plan(Deed::kMissing), {}).status();
  CHECK(absl::IsNotFound(missing));
  REQUIRE_OK(exec->Terminate());
  CHECK(Eventually([&] { return exec->Empty(); }));
  CHECK(HasPrograms(*container, 1));
  REQUIRE_OK(pod->Terminate());
  CHECK(Eventually([&] { return pod->Empty(); }));
}

TEST_CASE("A job whose view cannot be made is thrown away, with the system's reason") {
  JobFixture host("host");
  PlayedSystem system;
  auto pod = Take(system.jobs->Create(host.root(), {}));
  const auto refuse = [&] {
    const Status refused = pod->CreateChild("container", JobKind::kLimited, {}, View()).status();
    CHECK(absl::IsNotFound(system.jobs->Open(host.root() + "/container").status()));
    return refused.ToString();
  };
  system.fails_at = 2;
  CHECK(refuse().find("to bind target \"C:\\data\" to root \"D:\\data\" for job object: Access denied (error 5)") !=
        std::string::npos);
  system.silo = absl::FailedPreconditionError("failed to promote job to silo: busy");
  CHECK(refuse().find("failed to promote job to silo") != std::string::npos);
  CHECK(system.asked.size() == 4);
}

TEST_CASE("What a launcher has started before it was killed is not left behind") {
  JobFixture host("host");
  TemporaryDirectory directory;
  const std::string deserter = directory.path + "\\deserter.exe";  // starts a program and ends without a word
  REQUIRE_OK(WriteFileAtomic(deserter, Take(ReadFile(JOB_TEST_PROGRAM))));
  PlayedSystem system;
  auto jobs = Take(MakeWindowsJobs({[&] { return system.calls; }, Wide(deserter)}));
  auto job = Take(jobs->Create(host.root(), {}));
  auto container = Take(job->CreateChild("container", JobKind::kLimited, {}, View()));
  const Status refused = container->Spawn(host.Plan(Deed::kWait), {}).status();
  CAPTURE(refused.ToString());
  CHECK(absl::IsUnavailable(refused));
  CHECK(Eventually([&] { return container->Empty(); }));
}

}  // namespace
}  // namespace jobpod
