// Command line, environment and directory: exactly what was asked for.
#include <algorithm>
#include <sstream>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

const std::vector<std::string> kAwkward = {
    "plain", "two words", "", "in\"side", "\"quoted\"", "back\\slash", "trailing\\", "trailing blank\\ ", "two\\\\\"",
    "tab\there", "line\nfeed", "%PATH%", "%%", "!x!", "^ & | < > ( )", "$(VAR)", "*.exe", "Grüße 世界 \xF0\x9F\x98\x80",
    "--flag=a b", "'single'", "a;b,c=d", " leading"};

std::string Bracketed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += "[" + word + "]\n";
  return text;
}

std::vector<std::string> With(std::vector<std::string> head, const std::vector<std::string>& tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

cri::ContainerConfig Own(const std::string& image, const std::vector<std::string>& command = {}) {
  return HostProcessContainer("main", Image(image), command);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// "NAME=" without regard to case; where in the block it stands, or -1.
int Position(const std::vector<std::string>& block, std::string_view name) {
  const auto found = std::ranges::find_if(block, [&](const std::string& line) {
    return line.size() > name.size() && line[name.size()] == '=' &&
           std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return toupper(a) == toupper(b); });
  });
  return found == block.end() ? -1 : static_cast<int>(found - block.begin());
}

}  // namespace

TEST_CASE("arguments arrive as they were written, in a container and in a command in it") {
  Pod pod;
  const std::string id = pod.Start(Command(With({kProbe, "args"}, kAwkward)));
  CHECK(pod.client().Ended(id).exit_code() == 0);
  CHECK(LogText(pod.Log(id)) == Bracketed(kAwkward));
  const std::string sleeper = pod.Start(Sleeps());
  CHECK(pod.client().Exec(sleeper, With({kProbe, "args"}, kAwkward)).stdout() == Bracketed(kAwkward));
}

TEST_CASE("batch files get their arguments, too, and what cmd.exe would make of them is nothing") {
  Pod pod;
  // Without %, which Wine's cmd.exe expands whatever stands around it.
  const std::vector<std::string> words = {"two words", "a&b", "x^y", "<in>", "!x!", "(y)"};
  const Ran ran = pod.Run(Command(With({"bin\\args.cmd"}, words)));
  CHECK(ran.out == Bracketed(words));
  CHECK(pod.Run(Command({"code.cmd", "5"})).status.exit_code() == 5);  // found by the image's PATH
  CHECK_CODE(INVALID_ARGUMENT, pod.Start(Command({"bin\\args.cmd", "two\nlines"})));
}

TEST_CASE("commands of cmd.exe itself work without it") {
  Pod pod;
  CHECK(pod.Run(Command({"echo", "hello", "world"})).out == "hello world\n");
  CHECK(pod.Run(Command({"cmd", "/c", "echo", "hello"})).out == "hello\n");
  const std::string sleeper = pod.Start(Sleeps());
  CHECK(pod.client().Exec(sleeper, {"cmd", "/c", "echo", "hello"}).stdout() == "hello\r\n");
}

TEST_CASE("programs are found in the working directory, the rootfs, PATH and the system's directories") {
  Pod pod;
  cri::ContainerConfig in_directory = Command({"uname", "-o"});
  in_directory.set_working_dir("%CONTAINER_SANDBOX_MOUNT_POINT%\\bin");
  CHECK(pod.Run(in_directory).out == "MS/Windows\n");
  CHECK(pod.Run(Command({"probe", "out", "rootfs"})).out == "rootfs\n");
  CHECK(pod.Run(Command({"probe-too", "out", "PATH"})).out == "PATH\n");
  CHECK(pod.Run(Command({"hostname"})).status.exit_code() == 0);
  CHECK(pod.Run(Command({"/bin/uname.exe", "-o"})).out == "MS/Windows\n");
  CHECK(pod.Run(Command({"%CONTAINER_SANDBOX_MOUNT_POINT%\\Program Files\\Some Tool\\tool.exe", "out", "x"})).out == "x\n");
  CHECK(pod.Run(Command({"odd name.exe", "args", "a b"})).out == "[a b]\n");
}

TEST_CASE("what cannot be started is a StartError that names it") {
  Pod pod;
  for (const char* program : {"no-such-program", "%CONTAINER_SANDBOX_MOUNT_POINT%\\nothing.exe", "app\\hello.txt", "app"}) {
    const std::string id = pod.Create(Command({program}));
    const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
    INFO(program << ": " << outcome.error_message());
    CHECK(!outcome.ok());
    const std::string name = std::string(program).substr(std::string(program).rfind('%') + 1);
    CHECK_THAT(outcome.error_message(), Catch::Contains(name.substr(name.rfind('\\') + 1)));
    const cri::ContainerStatus status = pod.client().StatusOf(id);
    CHECK(status.state() == cri::CONTAINER_EXITED);
    CHECK(status.exit_code() == 128);
    CHECK(status.reason() == "StartError");
  }
}

TEST_CASE("the image's entrypoint and command are used as Docker does") {
  Pod pod;
  CHECK(pod.Run(Own("probe")).out == "the image's own command\n");
  CHECK(pod.Run(Own("entrypoint")).out == "[one]\n[two words]\n");
  cri::ContainerConfig arguments = Own("entrypoint");
  arguments.add_args("other");
  CHECK(pod.Run(arguments).out == "[other]\n");
  CHECK(pod.Run(Own("entrypoint", {kProbe, "out", "mine"})).out == "mine\n");
  CHECK_CODE(INVALID_ARGUMENT, pod.Create(Own("bare")));
}

TEST_CASE("what an image has escaped already is not escaped again") {
  Pod pod;
  CHECK(pod.Run(Own("escaped")).out == "[two words]\n[c\"d]\n[more words]\n");
  CHECK(pod.Run(Own("escaped", {kProbe, "args", "a b"})).out == "[a b]\n");
}

TEST_CASE("an image for another build of Windows runs, for it is but files") {
  Pod pod;
  CHECK(pod.Run(Own("old")).out == "the image's own command\n");
}

TEST_CASE("variables: the account's, the image's, the container's, and the mount point last") {
  Pod pod;
  cri::ContainerConfig container = Does("env");
  AddVariable(container, "Colour", "blue");
  AddVariable(container, "DEEP", "$env:CONTAINER_SANDBOX_MOUNT_POINT\\x and %container_sandbox_mount_point%\\y");
  AddVariable(container, "NOTHING", "");
  AddVariable(container, "CONTAINER_SANDBOX_MOUNT_POINT", "C:\\elsewhere");
  const std::vector<std::string> block = Lines(pod.Run(container).out);
  const auto value = [&](const char* name) {
    const int at = Position(block, name);
    return at < 0 ? "no " + std::string(name) : block[static_cast<size_t>(at)].substr(std::string(name).size() + 1);
  };
  const std::string root = value("CONTAINER_SANDBOX_MOUNT_POINT"), bare = root.substr(0, root.size() - 1);
  CHECK_THAT(root, Catch::StartsWith(RootfsOf("")) && Catch::EndsWith("\\"));
  CHECK(value("COLOUR") == "blue");
  CHECK(value("PLACE") == bare + "\\app");
  CHECK(value("DEEP") == bare + "\\x and " + bare + "\\y");
  CHECK(Position(block, "NOTHING") >= 0);
  CHECK(Position(block, "EMPTY") >= 0);
  CHECK(value("SYSTEMROOT").size() > 3);
  CHECK(Position(block, "JOBPOD_TEST_IMAGES") < 0);  // the daemon's own
  const std::string path = value("PATH");
  CHECK_THAT(path, Catch::StartsWith("C:\\from-the-image;" + bare + "\\bin;"));
  CHECK_THAT(path, Catch::Contains("system32", Catch::CaseSensitive::No));
  for (const char* name : {"COLOUR", "PATH", "CONTAINER_SANDBOX_MOUNT_POINT"}) {
    const auto same = [&](const std::string& line) { return Position({line}, name) == 0; };
    CHECK(std::ranges::count_if(block, same) == 1);
  }
}

TEST_CASE("the working directory is the rootfs, the image's below it, or the one asked for") {
  Pod pod;
  // What stands behind the rootfs.
  const auto directory = [&](cri::ContainerConfig container, const char* asked) {
    container.set_working_dir(asked);
    const Ran ran = pod.Run(container);
    const std::string rootfs = RootfsOf(ran.id);
    return ran.out.starts_with(rootfs) ? ran.out.substr(rootfs.size()) : ran.out + ran.err;
  };
  CHECK(directory(Does("cwd"), "") == "\n");
  CHECK(directory(Does("cwd"), "%CONTAINER_SANDBOX_MOUNT_POINT%\\app") == "\\app\n");
  CHECK(directory(Does("cwd"), "$env:CONTAINER_SANDBOX_MOUNT_POINT/made/for/it") == "\\made\\for\\it\n");
  CHECK(directory(Own("entrypoint", {kProbe, "cwd"}), "") == "\\app\n");
  const std::string id = pod.Start(Sleeps());
  CHECK(pod.client().Exec(id, Deeds("cwd")).stdout() == RootfsOf(id) + "\n");
}

TEST_CASE("exit codes are Windows' own") {
  Pod pod;
  CHECK(pod.Run(Does("exit 0")).status.reason() == "Completed");
  const cri::ContainerStatus failed = pod.Run(Does("exit 3")).status;
  CHECK(failed.exit_code() == 3);
  CHECK(failed.reason() == "Error");
  CHECK(pod.Run(Does("exit 3221225477")).status.exit_code() == -1073741819);  // an access violation, as CRI's int32
}

TEST_CASE("a container without input reads its end") {
  Pod pod;
  CHECK(pod.Run(Does("size")).out == "size=0\n");
}

TEST_CASE("long command lines and environments arrive, longer ones are refused with the limit") {
  Pod pod;
  const std::string much(30'000, 'x');
  CHECK(pod.Run(Command({kProbe, "args", much})).out == "[" + much + "]\n");
  const std::string id = pod.Create(Command({kProbe, "args", much, much}));
  const grpc::Status outcome = Outcome([&] { pod.client().Start(id); });
  INFO(outcome.error_message());
  CHECK(!outcome.ok());
  CHECK_THAT(outcome.error_message(), Catch::Contains("32"));
  cri::ContainerConfig variable = Does("env A_LOT");
  AddVariable(variable, "A_LOT", much);
  for (int i = 0; i < 8; ++i) AddVariable(variable, Concat("MORE_", i), much);
  CHECK(pod.Run(variable).out == "A_LOT=" + much + "\n");
}

}  // namespace jobpod::test
