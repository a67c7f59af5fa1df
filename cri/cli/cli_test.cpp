#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/file.hpp"
#include "base/temporary_directory.hpp"
#include "cri/cli/command.hpp"
#include "cri/cli/detach_keys.hpp"
#include "cri/cli/log_line.hpp"
#include "cri/cli/log_tail.hpp"
#include "cri/cli/progress.hpp"
#include "cri/cli/run_host.hpp"
#include "cri/cli/run_request.hpp"
#include "cri/cli/stream_url.hpp"
#include "cri/cli/table.hpp"

namespace jobpod::cli {
namespace {

using Catch::Contains;

TEST_CASE("sizes are 1024-based and at least a page") {
  CHECK(*ParseBytes("4096") == 4096);
  CHECK(*ParseBytes("512m") == 512 << 20);
  CHECK(*ParseBytes("2G") == int64_t{2} << 30);
  for (const char* bad :
       {"", "m", "12", "-5m", "1.5g", "10x", "9223372036854775807k", "99999999999999999999"}) {
    CHECK_FALSE(ParseBytes(bad).ok());
  }
}

cri::ContainerConfig Container(const RunOptions& options) {
  const auto pod = MakePodConfig(options, "0123456789abcdef");
  REQUIRE(pod.ok());
  const auto container = MakeContainerConfig(options, *pod, "sha256:1");
  REQUIRE(container.ok());
  return *container;
}

TEST_CASE("run makes a HostProcess pod on the host's network") {
  const auto pod = MakePodConfig({.image = "i"}, "0123456789abcdef");
  REQUIRE(pod.ok());
  CHECK(pod->metadata().name() == "run-01234567");
  CHECK(pod->log_directory() == Below(kHostDefaults.run_logs, "run-01234567_0123456789abcdef"));
  CHECK(pod->windows().security_context().host_process());
  CHECK(pod->linux().security_context().namespace_options().network() == cri::NODE);
}

TEST_CASE("a chosen name is the pod's identity, so that it can be taken once") {
  const auto one = MakePodConfig({.image = "i", .name = "web"}, "aa11111111"),
             two = MakePodConfig({.image = "i", .name = "web"}, "bb22222222");
  CHECK(one->metadata().uid() == two->metadata().uid());
  CHECK(one->log_directory() != two->log_directory());
  CHECK_FALSE(MakePodConfig({.image = "i", .name = "../x"}, "aa11111111").ok());
}

TEST_CASE("the options reach the container") {
  const auto config = Container({.image = "busybox",
                                 .command = {"echo", "hi"},
                                 .environment = {"A=1=2", "EMPTY=", "PATH", "JOBPOD_CLI_UNSET"},
                                 .mounts = {"/a:/b"},
                                 .working_directory = "/w"});
  CHECK(config.command_size() == 0);
  CHECK(config.args(1) == "hi");
  REQUIRE(config.envs_size() == 3);
  CHECK(config.envs(0).value() == "1=2");
  CHECK(config.envs(1).value().empty());
  CHECK(config.envs(2).value() == OwnVariable("PATH"));
  CHECK(config.mounts(0).container_path() == "/b");
  CHECK(Container({.image = "i", .entrypoint = "/bin/x"}).command(0) == "/bin/x");
}

TEST_CASE("run's input is the first client's alone, unless nobody attaches") {
  const auto attended = Container({.image = "i", .input = true, .terminal = true});
  CHECK(attended.stdin());
  CHECK(attended.stdin_once());
  CHECK(attended.tty());
  const auto detached = Container({.image = "i", .input = true, .detach = true});
  CHECK(detached.stdin());
  CHECK_FALSE(detached.stdin_once());
}

TEST_CASE("Ctrl-P Ctrl-Q detaches, in one piece or two; other keys are the program's") {
  DetachKeys keys;
  CHECK(keys.Pass("ls\x10") == "ls");
  CHECK(keys.Pass("x") == "\x10x");
  CHECK(keys.Pass("\x11\x10\x10") == "\x11\x10");
  CHECK_FALSE(keys.pressed());
  CHECK(keys.Pass("\x11rm").empty());
  CHECK(keys.pressed());
}

TEST_CASE("a streaming URL is taken apart, anything else is refused") {
  const auto url = ParseStreamUrl("http://127.0.0.1:4321/exec/abc");
  REQUIRE(url.ok());
  CHECK(url->host == "127.0.0.1");
  CHECK(url->port == "4321");
  CHECK(url->path == "/exec/abc");
  for (const char* bad : {"", "http://", "http://host/exec", "https://127.0.0.1:1/x", "http://:1/x", "http://a:1"}) {
    INFO(bad);
    CHECK_FALSE(ParseStreamUrl(bad).ok());
  }
}

TEST_CASE("bad options are sentences that name them") {
  const auto pod = MakePodConfig({.image = "i"}, "0123456789abcdef");
  const auto error = [&](const RunOptions& options) {
    const auto made = MakeContainerConfig(options, *pod, "id");
    REQUIRE_FALSE(made.ok());
    return std::string(Message(made.status()));
  };
  CHECK_THAT(error({.environment = {"=x"}}), Contains("--env =x"));
  CHECK_THAT(error({.mounts = {"a:b"}}), Contains("--mount a:b"));
  CHECK_THAT(error({.memory = "lots"}), Contains("--memory lots"));
  CHECK_THAT(error({.cpus = -1}), Contains("--cpus"));
}

TEST_CASE("CRI log lines are cut into their parts") {
  const auto line = ParseLogLine("2026-01-02T03:04:05.1Z stderr P  two  spaces ");
  REQUIRE(line.ok());
  CHECK(line->error_stream);
  CHECK(line->partial);
  CHECK(line->text == " two  spaces ");
  CHECK(ParseLogLine("t stdout F ")->text.empty());
  CHECK_FALSE(ParseLogLine("t stdout F:tag text")->partial);
  for (const char* bad : {"", "t", "t stdout", "t stdin F x", "t stdout X x", " stdout F x"}) {
    CHECK_FALSE(ParseLogLine(bad).ok());
  }
}

void Append(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::app);
  REQUIRE(file << text);
}

TEST_CASE("a log is read over a rotation, whole lines only, nothing twice") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/0.log";
  auto tail = LogTail::Open(path);
  REQUIRE(tail.ok());
  std::vector<std::string> seen;
  const LogTail::Sink keep = [&](const LogLine& line) { return seen.emplace_back(line.text), true; };
  REQUIRE(*tail->Drain(keep));
  CHECK(seen.empty());

  Append(path, "t stdout F one\nt stdout F tw");
  REQUIRE(*tail->Drain(keep));
  CHECK(seen == std::vector<std::string>{"one"});

  Append(path, "o\n");
  std::filesystem::rename(path, path + ".1");
  Append(path + ".1", "t stdout F three\n");
  Append(path, "t stdout F four\n");
  REQUIRE(*tail->Drain(keep));
  CHECK(seen == std::vector<std::string>{"one", "two", "three", "four"});
  CHECK_FALSE(LogTail::Open(directory.path + "/none/0.log").ok());
}

TEST_CASE("a sink that wants no more ends the reading") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/0.log";
  Append(path, "t stdout F one\nt stdout F two\n");
  auto tail = LogTail::Open(path);
  int count = 0;
  CHECK_FALSE(*tail->Drain([&](const LogLine&) { return ++count < 1; }));
  CHECK(count == 1);
}

TEST_CASE("a layer's progress fits its width") {
  const LayerState state{"sha256:0123456789abcdef0123", "downloading", 1 << 20, 2 << 20};
  const std::string line = RenderLayer(state, 80);
  CHECK_THAT(line, Contains("0123456789ab downloading [=") && Contains(" 1.0 MiB of 2.0 MiB"));
  for (size_t width : {1, 10, 40, 60, 200}) CHECK(RenderLayer(state, width).size() <= width);
  CHECK(RenderLayer({"sha256:0123456789abcdef", "done", 5, 5}, 80) == "0123456789ab done       ");
}

TEST_CASE("without a terminal there is one line for each phase") {
  const TemporaryDirectory directory;
  const std::string path = directory.path + "/out";
  std::FILE* out = std::fopen(path.c_str(), "wb");
  REQUIRE(out);
  ProgressView view(out, false, 0, 0);
  for (uint64_t done : {0, 1, 2}) view.Update({"sha256:aa", "downloading", done, 2});
  view.Update({"sha256:aa", "done", 2, 2});
  std::fclose(out);
  CHECK(*ReadFile(path) == "aa downloading\naa done\n");
}

TEST_CASE("tables line up and are clean") {
  CHECK(RenderTable({{"A", "B"}, {"long", "x\x1b[31m"}}) == "A     B\nlong  x?[31m\n");
  CHECK(HumanBytes(0) == "0 B");
  CHECK(HumanBytes(1536) == "1.5 KiB");
  CHECK(Ago(0, 3'600'000'000'000) == "1 hour ago");
  CHECK(Ago(10, 0) == "now");
  CHECK(ShortId("sha256:0123456789abcdef") == "0123456789abc");
}

// Where no daemon is.
std::string Nowhere() {
  return std::string(kHostDefaults.address) + "-cli-test";
}

int RunMain(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "jobpod");
  return Main(static_cast<int>(arguments.size()), arguments.data());
}

TEST_CASE("exit codes of arguments and of a missing daemon") {
  const std::string nowhere = Nowhere();
  CHECK(RunMain({"--help"}) == 0);
  CHECK(RunMain({"run", "--help"}) == 0);
  CHECK(RunMain({"--version"}) == 0);
  CHECK(RunMain({}) == 1);
  CHECK(RunMain({"dance"}) == 1);
  CHECK(RunMain({"ps", "--output", "xml"}) == 1);
  CHECK(RunMain({"run"}) == 125);
  CHECK(RunMain({"run", "--rm", "--detach", "i"}) == 125);
  CHECK(RunMain({"--address", nowhere.c_str(), "ps"}) == 1);
  CHECK(RunMain({"ps", "--address", nowhere.c_str(), "--output", "json"}) == 1);
  CHECK(RunMain({"run", "--address", nowhere.c_str(), "i", "--", "ps", "-a", "--help"}) == 125);
  CHECK(RunMain({"--address", "tcp://1.2.3.4:5", "ps"}) == 1);
}

}  // namespace
}  // namespace jobpod::cli
