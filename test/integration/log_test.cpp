// CRI log files: time, stream, P or F, text; whole when EXITED is told.
#include <unistd.h>

#include <cctype>
#include <filesystem>

#include "test/integration/suite.hpp"

namespace jobpod::test {

TEST_CASE("log lines have a time, a stream and a tag") {
  Pod pod;
  const Ran ran = RunScript(pod, "echo one; echo two >&2; printf unfinished");
  const std::vector<LogLine> lines = ReadLog(ran.status.log_path());
  REQUIRE(lines.size() == 3);
  for (const LogLine& line : lines) {
    INFO(line.time);
    CHECK(line.time.size() >= 20);
    CHECK(line.time[10] == 'T');
    CHECK(isdigit(line.time[0]));
  }
  CHECK(ran.out.substr(0, 4) == "one\n");
  CHECK(ran.err == "two\n");
  CHECK(ran.out.find("unfinished") != std::string::npos);
}

TEST_CASE("a line of more than 16 KiB is split into partial ones and joins to itself") {
  Pod pod;
  const Ran ran = RunScript(pod, "head -c 40000 /dev/zero | tr '\\0' x; echo; echo after");
  std::string joined;
  size_t partial = 0;
  for (const LogLine& line : ReadLog(ran.status.log_path())) {
    CHECK(line.text.size() <= 16 * 1024);
    partial += line.tag == "P";
  }
  CHECK(partial >= 2);
  CHECK(ran.out == std::string(40000, 'x') + "\nafter\n");
}

TEST_CASE("everything written is in the log when the container is EXITED") {
  Pod pod;
  for (int round = 0; round < 5; ++round) {
    const Ran ran = RunScript(pod, "seq 1 20000");
    CHECK(std::count(ran.out.begin(), ran.out.end(), '\n') == 20000);
    CHECK(ran.out.substr(ran.out.size() - 6) == "20000\n");
  }
}

TEST_CASE("a rotated log goes on in the new file after ReopenContainerLog, nothing lost") {
  Pod pod;
  const std::string id = pod.Start(Busybox("i=0; while :; do echo line $i; i=$((i+1)); usleep 2000; done"));
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
  std::istringstream text(LogText(log + ".1") + LogText(log));
  int expected = 0;
  for (std::string line; std::getline(text, line);) CHECK(line == "line " + std::to_string(expected++));
  CHECK(expected > 20);
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Call(&Runtime::ReopenContainerLog, request));
}

TEST_CASE("a container without a log path runs without a log") {
  Pod pod;
  cri::ContainerConfig container = Busybox("seq 1 100000; exit 3");
  container.clear_log_path();
  CHECK(pod.Run(container).status.exit_code() == 3);
}

TEST_CASE("a terminal's output is one stream") {
  Pod pod;
  cri::ContainerConfig container = Busybox("test -t 1 && echo terminal; echo error >&2");
  container.set_tty(true);
  const Ran ran = pod.Run(container);
  CHECK(ran.out.find("terminal") != std::string::npos);
  CHECK(ran.out.find("error") != std::string::npos);
  CHECK(ran.err.empty());
}

TEST_CASE("a log directory that cannot be written is an error with its name") {
  TemporaryDirectory directory;
  Spill(directory / "file", "");
  const grpc::Status outcome =
      Outcome([&] { SharedDaemon().client().RunPod(HostProcessPod("nolog", directory / "file/logs")); });
  INFO(outcome.error_message());
  CHECK(!outcome.ok());
  CHECK(outcome.error_message().find(directory / "file/logs") != std::string::npos);
}

}  // namespace jobpod::test
