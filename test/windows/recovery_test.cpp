// The failure contract: the daemon or a shim is really killed, and the truth comes out.
#include <sstream>
#include <thread>

#include "base/handle_windows.hpp"
#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

void KillProcess(pid_t pid) {
  const Handle process(OpenProcess(PROCESS_TERMINATE | SYNCHRONIZE, FALSE, static_cast<DWORD>(pid)));
  REQUIRE(TerminateProcess(process.get(), 1));
  WaitForSingleObject(process.get(), 5'000);
}

pid_t OnlyShim(Daemon& daemon) {
  REQUIRE(Eventually([&] { return daemon.Shims().size() == 1; }));
  return daemon.Shims().front();
}

}  // namespace

TEST_CASE("a killed daemon loses nothing: containers go on, logs flow, exits are kept") {
  Daemon daemon;
  Pod pod(daemon, "", [](cri::PodSandboxConfig& config) { (*config.mutable_labels())["kept"] = "yes"; });
  TemporaryDirectory directory;
  const std::string counts = pod.Start(Does("count 0 5", daemon));
  const std::string ends = pod.Start(Does(Concat("await ", directory / "go", " + out bye + exit 23"), daemon));
  const std::string created = pod.Create(Does("out later + exit 4", daemon));
  REQUIRE(pod.Says(counts, "line 3"));
  const std::string log = pod.Log(counts);
  const cri::ContainerStatus before = daemon.client().StatusOf(counts);

  daemon.Kill();
  const size_t size = Slurp(log).size();
  CHECK(Eventually([&] { return Slurp(log).size() > size + 100; }));
  Spill(directory / "go", "");
  std::this_thread::sleep_for(Milliseconds(300));  // the exit happens while no daemon lives
  daemon.Start();

  CHECK(daemon.client().StatusOf(counts).state() == cri::CONTAINER_RUNNING);
  CHECK(daemon.client().StatusOf(counts).started_at() == before.started_at());
  const cri::ContainerStatus ended = daemon.client().Ended(ends);
  CHECK(ended.exit_code() == 23);
  CHECK(LogText(ended.log_path()) == "bye\n");
  CHECK(daemon.client().StatusOf(created).state() == cri::CONTAINER_CREATED);
  daemon.client().Start(created);
  CHECK(daemon.client().Ended(created).exit_code() == 4);
  CHECK(daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_READY);
  CHECK(daemon.client().StatusOfPod(pod.id()).labels().at("kept") == "yes");
  CHECK(daemon.client().Exec(counts, Deeds("out again")).stdout() == "again\n");
  daemon.client().Stop(counts, 0);
  int expected = 0;
  std::istringstream text(LogText(log));
  for (std::string line; std::getline(text, line);) CHECK(line == Concat("line ", expected++));
  CHECK(expected > 20);
}

TEST_CASE("a daemon killed while a command runs leaves none of its processes") {
  Daemon daemon;
  Pod pod(daemon);
  TemporaryDirectory directory;
  const std::string id = pod.Start(Sleeps(daemon)), born = directory / "born";
  std::jthread call([&] {
    CriClient client(daemon.address());
    Outcome([&] { client.Exec(id, Deeds(Concat("tell ", born, " + sleep")), 100); });
  });
  REQUIRE(Eventually([&] { return Children(Slurp(born)).size() == 1; }));
  daemon.Restart();
  call.join();
  CHECK(Eventually([&] { return !AnyAlive(Children(Slurp(born))); }));
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a daemon that is asked to end leaves pods running, and is back") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Sleeps(daemon));
  CHECK(daemon.Terminate());
  CHECK(daemon.Shims().size() == 1);
  daemon.Start();
  CHECK(daemon.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
  CHECK(daemon.client().Exec(id, Deeds("out again")).stdout() == "again\n");
}

TEST_CASE("a killed shim: its containers are dead at once, and the pod can go") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Does("deaf + detach deaf ++ sleep + pid + sleep", daemon));
  REQUIRE(pod.Says(id, "pid="));
  const std::string log = LogText(pod.Log(id));
  std::vector<pid_t> pids = Children(log);
  pids.push_back(Reported(log, "pid"));
  KillProcess(OnlyShim(daemon));
  CHECK(Eventually([&] { return !AnyAlive(pids); }));
  const cri::ContainerStatus status = daemon.client().Ended(id);
  CHECK((status.exit_code() == 255 || status.exit_code() == 137));
  CHECK((status.reason() == "Unknown" || status.reason() == "Error"));
  CHECK(Eventually([&] { return daemon.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_NOTREADY; }));
}

TEST_CASE("a shim killed while no daemon lives is found out at the next start") {
  Daemon daemon;
  Pod pod(daemon);
  const std::string id = pod.Start(Does("pid + sleep", daemon));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(id)), "pid"), shim = OnlyShim(daemon);
  daemon.Kill();
  KillProcess(shim);
  daemon.Start();
  CHECK(Eventually([&] { return !Alive(pid); }));
  CHECK(daemon.client().Ended(id).exit_code() == 255);
  CHECK(daemon.client().StatusOf(id).reason() == "Unknown");
}

TEST_CASE("a second daemon on the same root, or at the same pipe, is refused") {
  Daemon daemon;
  std::vector<std::string> same_root = daemon.Command();
  same_root.back() += "-second";
  const CommandResult second = RunCommand(same_root, Milliseconds(15'000));
  INFO(second.output);
  CHECK(second.exit_code == 1);
  CHECK_THAT(second.output, Catch::Contains("root"));
  const TemporaryDirectory other;
  const CommandResult same_pipe =
      RunCommand({Program("jobpodd"), "--root", other / "root", "--state", other / "state", "--address",
                  daemon.address(), "--http-address", "off"},
                 Milliseconds(15'000));
  INFO(same_pipe.output);
  CHECK(same_pipe.exit_code == 1);
  CHECK_THAT(same_pipe.output, Catch::Contains("already has the pipe"));
  CHECK(daemon.client().Connects(Milliseconds(2'000)));
}

}  // namespace jobpod::test
