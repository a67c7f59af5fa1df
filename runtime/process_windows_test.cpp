// Programs as Windows starts them: what they get to see, and what they say.
#include <filesystem>

#include "base/file.hpp"
#include "base/file_windows.hpp"
#include "base/temporary_directory.hpp"
#include "base/win32_windows.hpp"
#include "base/wine_windows.hpp"
#include "runtime/job_test_support.hpp"

namespace jobpod {
namespace {

struct Ended {
  DWORD code = 0;
  std::string output;
};

// Runs the plan to its end in a job of its own.
Ended Run(const LaunchPlan& plan) {
  TemporaryDirectory directory;
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  Handle output = Take(OpenPath(directory.path + "/output", GENERIC_WRITE, CREATE_NEW));
  SpawnHandles handles;
  handles.standard_output = reinterpret_cast<intptr_t>(output.get());
  Spawned spawned = Take(job->Spawn(plan, handles));
  const Handle process(reinterpret_cast<HANDLE>(spawned.process_handle));
  REQUIRE(WaitForSingleObject(process.get(), 60'000) == WAIT_OBJECT_0);
  Ended ended;
  REQUIRE(GetExitCodeProcess(process.get(), &ended.code));
  ended.output = Take(ReadFile(directory.path + "/output"));
  return ended;
}

LaunchPlan Plan(const std::vector<std::string>& argv, const std::string& executable) {
  LaunchPlan plan;
  plan.set_id("test");
  for (const std::string& argument : argv) plan.add_argv(argument);
  plan.add_executables("C:\\nowhere\\program.exe");
  plan.add_executables(executable);
  return plan;
}

TEST_CASE("A program gets its arguments as they were given") {
  const Ended ended =
      Run(Plan({"program", "arguments", "two words", "", "a\"b", "back\\slash\\", "%PATH%", "&|<>^"},
               JOB_TEST_PROGRAM));
  CHECK(ended.output == "[two words][][a\"b][back\\slash\\][%PATH%][&|<>^]");
  CHECK(ended.code == 0);
}

TEST_CASE("Commands of cmd.exe work, and their exit codes come through") {
  CHECK(Run(Plan({"echo", "hello"}, "C:\\nowhere\\echo.exe")).output == "hello\r\n");
  CHECK(Run(Plan({"exit", "7"}, "C:\\nowhere\\exit.exe")).code == 7);
}

TEST_CASE("A batch file is run by cmd.exe, with arguments that it does not interpret") {
  TemporaryDirectory directory;
  const std::string batch = directory.path + "\\with blank.cmd";
  REQUIRE(WriteFileAtomic(batch, "@echo off\r\necho [%~1]\r\necho [%~2]\r\nexit 5\r\n").ok());
  const Ended ended = Run(Plan({"with blank", "one", "two words"}, batch));
  CHECK(ended.output == "[one]\r\n[two words]\r\n");
  CHECK(ended.code == 5);
}

TEST_CASE("An image's own command line is kept, and a path of several words is quoted") {
  TemporaryDirectory directory;
  const std::string program = directory.path + "\\two words.exe";
  REQUIRE(WriteFileAtomic(program, Take(ReadFile(JOB_TEST_PROGRAM))).ok());
  LaunchPlan plan = Plan({directory.path + "\\two", "words.exe", "arguments", "first", "a b"}, program);
  plan.add_executable_words(1);
  plan.add_executable_words(2);
  CHECK(Run(plan).output == "[first][a b]");
  plan.set_command_line(directory.path + "\\two words.exe arguments first   \"a b\"");
  CHECK(Run(plan).output == "[first][a b]");
  plan.clear_executable_words();
  plan.set_command_line("program arguments \"one  two\"");
  CHECK(Run(plan).output == "[one  two]");
}

TEST_CASE("A directory is no program") {
  TemporaryDirectory directory;
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  const Status refused = job->Spawn(Plan({"directory"}, directory.path), {}).status();
  CHECK(absl::IsNotFound(refused));
  CHECK(refused.ToString().find("found directory instead of executable") != std::string::npos);
}

TEST_CASE("The environment is the account's with the container's over it") {
  LaunchPlan plan = Plan({"echo", "%GREETING% %TEMP% %SystemRoot%"}, "C:\\nowhere\\echo.exe");
  plan.add_environment("GREETING=hello");
  plan.add_environment("temp=D:\\T");
  const std::string output = Run(plan).output;
  CAPTURE(output);
  CHECK(output.find("hello D:\\T ") != std::string::npos);
  CHECK(output.find("%SystemRoot%") == std::string::npos);
}

TEST_CASE("The working directory is made when asked for, and named when it is missing") {
  TemporaryDirectory directory;
  const std::string wanted = directory.path + "\\made\\here";
  LaunchPlan plan = Plan({"cd"}, "C:\\nowhere\\cd.exe");
  plan.set_working_directory(wanted);
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  auto refused = job->Spawn(plan, {});
  CHECK(absl::IsNotFound(refused.status()));
  CHECK(std::string(refused.status().message()).find(wanted) != std::string::npos);
  plan.set_make_working_directory(true);
  const std::string output = Run(plan).output;
  CAPTURE(output);
  CHECK(output.find("made\\here") != std::string::npos);
}

TEST_CASE("A program whose path is longer than 259 characters is run, and a directory that long is refused with the reason") {
  TemporaryDirectory directory;
  std::string deep = directory.path;
  for (int i = 0; i < 6; ++i) deep += "\\" + std::string(50, 'd');
  REQUIRE(MakeDirectories(deep).ok());
  const std::string program = deep + "\\program.exe";
  REQUIRE(CopyFileW(Wide(JOB_TEST_PROGRAM).c_str(), Take(LongPath(program)).c_str(), TRUE));
  LaunchPlan plan = Plan({"program", "code", "41"}, program);
  if (RunsUnderWine()) {
    WARN("Wine finds a program with so long a path and starts it not: not tested");
  } else {
    CHECK(Run(plan).code == 41);
  }
  plan.set_working_directory(deep);
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  const Status refused = job->Spawn(plan, {}).status();
  CAPTURE(refused.ToString());
  CHECK(absl::IsInvalidArgument(refused));
  CHECK(refused.message().find("choose a shorter one") != absl::string_view::npos);
  CHECK(RemoveTree(directory.path).ok());
}

TEST_CASE("What is no program is refused with Windows' reason") {
  TemporaryDirectory directory;
  const std::string file = directory.path + "\\text.exe";
  REQUIRE(WriteFileAtomic(file, "not a program").ok());
  JobFixture host("host");
  auto job = Take(host.jobs().Create(host.root(), {}));
  auto refused = job->Spawn(Plan({"text"}, file), {});
  CAPTURE(refused.status().ToString());
  REQUIRE_FALSE(refused.ok());
  CHECK(std::string(refused.status().message()).find("text.exe") != std::string::npos);
  CHECK(job->Empty());
}

}  // namespace
}  // namespace jobpod
