// Streamed commands, attach and port-forward: by jobpod.exe, and by the URLs that every client gets.
#include <thread>

#include "base/text.hpp"
#include "cri/streaming/status_json.hpp"
#include "test/harness/spdy_client.hpp"
#include "test/harness/streamed.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

// A line of cmd.exe in which jobpod.exe stands with its daemon's address.
CommandResult Shell(const std::string& before, const std::string& arguments) {
  return RunCommand({"cmd", "/c", Concat(before, Program("jobpod"), " --address ", SharedDaemon().address(), " ", arguments)});
}

std::string ForwardUrl(Pod& pod, int port) {
  cri::PortForwardRequest request;
  request.set_pod_sandbox_id(pod.id());
  request.add_port(port);
  return pod.client().Call(&Runtime::PortForward, request).url();
}

// What comes back over a forwarded port for a text.
std::string Forwarded(const std::string& url, int port, const std::string& text) {
  SpdyClient client(url, "portforward.k8s.io");
  streaming::SpdyHeaders headers = {{"port", std::to_string(port)}, {"requestid", "1"}, {"streamtype", "error"}};
  client.Open(headers);
  headers["streamtype"] = "data";
  const uint32_t stream = client.Open(headers);
  client.Send(stream, text);
  std::string back;
  while (back.size() < text.size()) {
    const auto piece = client.Next();
    if (!piece || piece->finished) break;
    if (piece->id == stream) back += piece->bytes;
  }
  return back;
}

}  // namespace

TEST_CASE("jobpod exec passes output and exit code on") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const CommandResult result = Jobpod({"exec", id, "--", kProbe, "out", "two words", "+", "exit", "7"});
  CHECK(result.output == "two words\n");
  CHECK(result.exit_code == 7);
  CHECK(Jobpod({"exec", id, "--", "no-such-command"}).exit_code != 0);
}

TEST_CASE("jobpod exec passes input on, and its end") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const CommandResult result = Shell(Concat(HostProbe(), " flood 5000000 | "), Concat("exec -i ", id, " -- ", "probe.exe size"));
  CHECK(result.output == "size=5000000\n");
}

TEST_CASE("a streamed command has its streams apart and a status") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const Streamed seen = ExecStreamed(pod.client(), id, Deeds("out here + err there + exit 3"));
  CHECK(seen.output == "here\n");
  CHECK(seen.error_output == "there\n");
  CHECK(*streaming::ParseEnd(seen.status) == 3);
  CHECK(ExecStreamed(pod.client(), id, Deeds("flood 3000000")).output.size() == 3'000'000);
}

TEST_CASE("jobpod attach shows what a container says from now on, and ends with its code") {
  Pod pod;
  TemporaryDirectory directory;
  const std::string id = pod.Start(Does(Concat("out early + await ", directory / "go", " + out late + exit 5")));
  REQUIRE(pod.Says(id, "early"));
  Process attached({Program("jobpod"), "--address", SharedDaemon().address(), "attach", id}, directory / "seen");
  std::this_thread::sleep_for(Milliseconds(1'500));  // nothing tells when a client has joined
  Spill(directory / "go", "");
  CHECK(attached.Wait(Milliseconds(15'000)) == 5);
  CHECK(Slurp(directory / "seen") == "late\n");
}

TEST_CASE("jobpod attach -i is a container's input") {
  Pod pod;
  cri::ContainerConfig container = Does("out up + cat");
  container.set_stdin(true);
  container.set_stdin_once(true);
  const std::string id = pod.Start(container);
  REQUIRE(pod.Says(id, "up"));
  Shell("echo typed| ", Concat("attach -i ", id));
  CHECK(pod.client().Ended(id).exit_code() == 0);
  CHECK_THAT(LogText(pod.Log(id)), Catch::Contains("typed"));
}

TEST_CASE("a forwarded port is one of the host's loopback") {
  Pod pod;
  const std::string id = pod.Start(Does("echo 0"));
  REQUIRE(pod.Says(id, "port="));
  const int port = static_cast<int>(Reported(LogText(pod.Log(id)), "port"));
  CHECK(Forwarded(ForwardUrl(pod, port), port, "over and back") == "over and back");
  CHECK(Forwarded(ForwardUrl(pod, port), port, std::string(200'000, 'x')).size() == 200'000);
}

TEST_CASE("a streaming URL serves once") {
  Pod pod;
  const std::string url = ForwardUrl(pod, 1);
  { SpdyClient first(url, "portforward.k8s.io"); }
  CHECK_THROWS(SpdyClient(url, "portforward.k8s.io"));
}

TEST_CASE("jobpod run is a pod's whole life with its exit code, and leaves nothing") {
  Image("probe");
  const CommandResult result =
      Jobpod({"run", "--log-dir", SharedDaemon().directory() + "\\run-logs", "windows.test/probe:1", "--", kProbe, "out",
              "from a pod", "+", "exit", "17"});
  INFO(result.output);
  CHECK_THAT(result.output, Catch::Contains("from a pod\n"));
  CHECK(result.exit_code == 17);
  CHECK(Jobpod({"ps", "--all", "--output", "json"}).output.find("from a pod") == std::string::npos);
}

TEST_CASE("jobpod lists, shows logs, stops and removes") {
  Pod pod;
  const std::string id = pod.Start(Does("out logged + sleep"));
  REQUIRE(pod.Says(id, "logged"));
  CHECK_THAT(Jobpod({"ps"}).output, Catch::Contains(id.substr(0, 13)));
  CHECK(Jobpod({"logs", id}).output == "logged\n");
  CHECK_THAT(Jobpod({"image", "list"}).output, Catch::Contains("windows.test/probe:1"));
  CHECK(Jobpod({"stop", "--timeout", "0", id}).exit_code == 0);
  CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_EXITED);
  CHECK(Jobpod({"rm", id}).exit_code == 0);
}

}  // namespace jobpod::test
