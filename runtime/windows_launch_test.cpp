#include "runtime/windows_launch.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/windows_command_line.hpp"
#include "runtime/windows_environment.hpp"

namespace jobpod {
namespace {

using Words = std::vector<std::string>;

const std::string kRootfs = "C:\\hpc\\id";
const WindowsSearch kSearch{"C:\\Tools", kRootfs, kRootfs, "C:\\Windows"};

WindowsCommand Compose(Words argv, bool escaped = false) {
  StatusOr<WindowsCommand> command = ComposeWindowsCommand(std::move(argv), escaped, kSearch);
  INFO(command.status().ToString());
  REQUIRE(command.ok());
  return *std::move(command);
}

// How many words name the program when it lies at `path`; 0 when it is not looked for there.
uint32_t WordsFor(const WindowsCommand& command, const std::string& path) {
  for (const auto& program : command.programs) {
    if (EqualNoCase(program.path, path)) return program.words;
  }
  return 0;
}

std::string Directory(const std::string& container, const std::string& image, bool own_view) {
  return ChooseWindowsDirectory({container, image, kRootfs, own_view}).value();
}

TEST_CASE("Windows: the container's environment is over the image's, and the mount point over both") {
  const Words environment = ComposeWindowsEnvironment(
      {"Path=C:\\app;%CONTAINER_SANDBOX_MOUNT_POINT%\\bin", "A=image", "container_sandbox_mount_point=x"},
      {"a=", "B=$env:Container_Sandbox_Mount_Point\\etc", "no name", "=x"}, kRootfs);
  CHECK(WindowsValueOf(environment, "PATH") == "C:\\app;C:\\hpc\\id\\bin");
  CHECK(std::count(environment.begin(), environment.end(), "a=") == 1);
  CHECK(WindowsValueOf(environment, "A").empty());
  CHECK(WindowsValueOf(environment, "B") == "C:\\hpc\\id\\etc");
  CHECK(environment.back() == "CONTAINER_SANDBOX_MOUNT_POINT=C:\\hpc\\id\\");
  CHECK(std::count_if(environment.begin(), environment.end(), [](const std::string& entry) {
          return EqualNoCase(entry.substr(0, 30), "CONTAINER_SANDBOX_MOUNT_POINT=");
        }) == 1);
}

TEST_CASE("Windows: the working directory is below the rootfs, where the container has no view of its own") {
  CHECK(Directory("", "", false) == kRootfs);
  CHECK(Directory("", "C:\\", false) == kRootfs);
  CHECK(Directory("", "/app/./x/../y", false) == kRootfs + "\\app\\y");
  CHECK(Directory("C:\\work", "/app", false) == kRootfs + "\\work");
  CHECK(Directory("work", "", false) == kRootfs + "\\work");
  CHECK(Directory("..\\..\\Windows", "", false) == kRootfs + "\\Windows");
  CHECK(Directory("%CONTAINER_SANDBOX_MOUNT_POINT%/bin", "", false) == kRootfs + "\\bin");
  CHECK(Directory("$env:CONTAINER_SANDBOX_MOUNT_POINT\\..", "", false) == "C:\\hpc");
}

TEST_CASE("Windows: with a view of its own the pod's working directory is as given, the image's below the rootfs") {
  CHECK(Directory("c:/Windows/", "", true) == "c:\\Windows");
  CHECK(Directory("\\data", "", true) == "C:\\data");
  CHECK(Directory("D:", "", true) == "D:\\");
  CHECK(Directory("\\\\server\\share\\x", "", true) == "\\\\server\\share\\x");
  CHECK(Directory("", "C:\\app", true) == kRootfs + "\\app");
  CHECK(absl::IsInvalidArgument(ChooseWindowsDirectory({"relative", "", kRootfs, true}).status()));
}

TEST_CASE("Windows: below the rootfs there is no other machine") {
  CHECK(absl::IsInvalidArgument(ChooseWindowsDirectory({"\\\\server\\share", "", kRootfs, false}).status()));
}

TEST_CASE("Windows: what lies in a directory") {
  CHECK(IsWithinWindowsDirectory("c:\\HPC\\id\\x", kRootfs));
  CHECK(IsWithinWindowsDirectory(kRootfs, kRootfs));
  CHECK_FALSE(IsWithinWindowsDirectory("C:\\hpc\\id2", kRootfs));
  CHECK_FALSE(IsWithinWindowsDirectory("C:\\", kRootfs));
}

TEST_CASE("Windows: arguments stay words, references in them are replaced") {
  const WindowsCommand command = Compose({"%CONTAINER_SANDBOX_MOUNT_POINT%\\bin\\x.exe", "a b", "$env:CONTAINER_SANDBOX_MOUNT_POINT/y"});
  CHECK(command.argv == Words{kRootfs + "\\bin\\x.exe", "a b", kRootfs + "/y"});
  CHECK(command.line.empty());
  CHECK(WordsFor(command, kRootfs + "\\bin\\x.exe") == 1);
}

TEST_CASE("Windows: a path with blanks and without quotes is found word by word") {
  const WindowsCommand command = Compose({"C:\\Program", "Files\\a", "tool.exe", "-v"});
  CHECK(WordsFor(command, "C:\\Program.exe") == 1);
  CHECK(WordsFor(command, "C:\\Program Files\\a.exe") == 2);
  CHECK(WordsFor(command, "C:\\Program Files\\a tool.exe") == 3);
  CHECK(CommandLineFor(command.argv, command.line, 3).value() == "\"C:\\Program Files\\a tool.exe\" -v");
  CHECK(WordsFor(Compose({"ping", "x"}), "C:\\Tools\\ping x.exe") == 0);
  CHECK(WordsFor(Compose({"C:\\two words\\x.exe", "y"}), "C:\\two words\\x.exe y") == 0);
}

TEST_CASE("Windows: an image's own command line stays as it is") {
  WindowsCommand command = Compose({"cmd /S /C \"echo  two\"", "a b"}, true);
  CHECK(command.line == "cmd /S /C \"echo  two\" \"a b\"");
  CHECK(command.argv == Words{"cmd", "/S", "/C", "echo  two", "a b"});
  CHECK(WordsFor(command, "C:\\Windows\\System32\\cmd.exe") == 1);
  CHECK(CommandLineFor(command.argv, command.line, 1).value() == command.line);
  command = Compose({"C:\\Program Files\\x.exe -a \"b\""}, true);
  CHECK(WordsFor(command, "C:\\Program Files\\x.exe") == 2);
  CHECK(CommandLineFor(command.argv, command.line, 2).value() == "\"C:\\Program Files\\x.exe\" -a \"b\"");
  command = Compose({"\"C:\\Program Files\\x.exe\" -a"}, true);
  CHECK(WordsFor(command, "C:\\Program Files\\x.exe") == 1);
  const Status refused = ComposeWindowsCommand({"\"C:\\x.exe -a"}, true, kSearch).status();
  CHECK(refused.ToString().find("no ending quotation mark found in command") != std::string::npos);
}

TEST_CASE("Windows: a command line splits into the words it was put together from") {
  const Words words{"C:\\x y\\", "", "a\"b", "\\\\server\\", "q\\\"", "plain", "\t"};
  CHECK(SplitCommandLine(JoinCommandLine(words).value()).value() == words);
  CHECK(SplitCommandLine("  ").value().empty());
  CHECK(EndOfWords(" \"a b\" c", 1) == 6);
}

TEST_CASE("Windows: logs stay below the pod's log directory, on a drive") {
  const auto join = [](const char* directory, const char* relative) {
    return JoinWindowsLogPath(directory, relative, "C:");
  };
  CHECK(join("\\var\\log\\pods\\x\\", "a/0.log").value() == "C:\\var\\log\\pods\\x\\a\\0.log");
  CHECK(join("D:/logs", ".\\a\\\\0.log").value() == "D:\\logs\\a\\0.log");
  CHECK(join("", "a").value().empty());
  CHECK(join("C:\\x", "").value().empty());
  for (const char* bad : {"..\\x", "a/../../x", "\\x", "/x", "C:\\x", "a:stream", "NUL", "con.log", "a/x.", "a?"}) {
    CAPTURE(bad);
    CHECK(absl::IsInvalidArgument(join("C:\\logs", bad).status()));
  }
}

}  // namespace
}  // namespace jobpod
