// CRI log files: time, stream, P or F, text; whole when EXITED is told.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

// "line 0" and so on without a gap; how many.
int CountedLines(const std::string& text) {
  int expected = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line == Concat("line ", expected++));
  return expected;
}

}  // namespace

TEST_CASE("log lines have a time, a stream and a tag, and no carriage return") {
  Pod pod;
  const Ran ran = pod.Run(Does("raw one\\r\\n + err two + raw a\\rb\\r\\n + raw unfinished"));
  const std::vector<LogLine> lines = ReadLog(ran.status.log_path());
  REQUIRE(lines.size() == 4);
  for (const LogLine& line : lines) {
    CHECK(line.time.size() >= 20);
    CHECK(line.time[10] == 'T');
    CHECK(line.text.find_last_of('\r') != line.text.size() - 1);
  }
  CHECK(ran.out.starts_with("one\na\rb\n"));
  CHECK(ran.out.find("unfinished") != std::string::npos);
  CHECK(ran.err == "two\n");
}

TEST_CASE("a line of more than 16 KiB is split into partial ones and joins to itself") {
  Pod pod;
  const Ran ran = pod.Run(Does("flood 40000 + raw \\n + out after"));
  size_t partial = 0;
  for (const LogLine& line : ReadLog(ran.status.log_path())) {
    CHECK(line.text.size() <= 16 * 1024);
    partial += line.tag == "P";
  }
  CHECK(partial >= 2);
  CHECK(ran.out == std::string(40000, 'a') + "\nafter\n");
}

TEST_CASE("everything written is in the log when the container is EXITED") {
  Pod pod;
  for (int round = 0; round < 3; ++round) CHECK(CountedLines(pod.Run(Does("count 3000")).out) == 3000);
}

TEST_CASE("a log renamed while it is written goes on in a new file after ReopenContainerLog, nothing lost") {
  Pod pod;
  const std::string id = pod.Start(Does("count 0 5"));
  const std::string log = pod.Log(id);
  REQUIRE(pod.Says(id, "line 20"));
  std::filesystem::rename(log, log + ".1");
  cri::ReopenContainerLogRequest request;
  request.set_container_id(id);
  pod.client().Call(&Runtime::ReopenContainerLog, request);
  const size_t before = LogText(log + ".1").size();
  REQUIRE(Eventually([&] { return !LogText(log).empty(); }));
  pod.client().Stop(id, 0);
  CHECK(LogText(log + ".1").size() == before);
  CHECK(CountedLines(LogText(log + ".1") + LogText(log)) > 20);
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Call(&Runtime::ReopenContainerLog, request));
}

TEST_CASE("a container without a log path runs without a log") {
  Pod pod;
  cri::ContainerConfig container = Does("count 3000 + exit 3");
  container.clear_log_path();
  CHECK(pod.Run(container).status.exit_code() == 3);
}

TEST_CASE("log directories may lack a drive and be longer than 260 characters") {
  const std::string name = Concat("\\jobpod-logs-", SharedDaemon().pid());
  std::string longer = SharedDaemon().logs();
  for (int i = 0; i < 6; ++i) longer += "\\" + std::string(50, 'd');
  for (const std::string& directory : {name, longer}) {
    Pod pod(SharedDaemon(), "", [&](cri::PodSandboxConfig& config) { config.set_log_directory(directory); });
    const std::string id = pod.Start(Does("out logged"));
    CHECK(pod.client().Ended(id).exit_code() == 0);
    const CommandResult read = RunCommand({HostProbe(), "read", "\\\\?\\" + (directory == name ? "C:" + name : longer) + "\\container-0.log"});
    CHECK_THAT(read.output, Catch::Contains("stdout F logged"));
  }
  std::filesystem::remove_all("C:" + name);
}

TEST_CASE("a log directory that cannot be is an error with its name") {
  TemporaryDirectory directory;
  Spill(directory / "file", "");
  const grpc::Status outcome =
      Outcome([&] { SharedDaemon().client().RunPod(HostProcessPod("nolog", directory / "file\\logs")); });
  INFO(outcome.error_message());
  CHECK(!outcome.ok());
  CHECK_THAT(outcome.error_message(), Catch::Contains("file"));
}

}  // namespace jobpod::test
