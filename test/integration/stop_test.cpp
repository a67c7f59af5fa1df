// Stopping: the stop signal, the grace, and the whole tree gone at its end whatever the tree does.
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsOf(const std::function<void()>& call) {
  const auto start = Clock::now();
  call();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Marks every process of a tree in its command line, so that the host's own list shows who is left.
std::string Mark(const std::string& name) {
  return "jobpod-mark-" + name + "-" + std::to_string(getpid());
}

// Ignores SIGTERM, daemonizes by setsid and double fork, and keeps forking. `sh -c : MARK` carries the mark.
std::string Stubborn(const std::string& mark) {
  return "trap '' TERM HUP INT\n"
         "B=$CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox\n"
         "for i in 1 2 3 4 5; do (setsid $B sh -c \"trap '' TERM; while :; do sleep 0.05; done; : " +
         mark +
         "\" </dev/null >/dev/null 2>&1 &); done\n"
         "(setsid $B sh -c \"trap '' TERM; while :; do ($B sh -c 'trap \\\"\\\" TERM; sleep 1; : " +
         mark + "' &); sleep 0.02; done; : " + mark +
         "\" >/dev/null 2>&1 &)\n"
         "echo ready; while :; do sleep 1; done; : " +
         mark + "\n";
}

std::vector<pid_t> Marked(const std::string& mark) {
  std::vector<pid_t> found;
  for (const pid_t pid : ProcessesWith(mark))
    if (pid != getpid() && Alive(pid)) found.push_back(pid);
  return found;
}

}  // namespace

TEST_CASE("SIGTERM ends a container that obeys, long before its grace is over") {
  Pod pod;
  const std::string id =
      pod.Start(Busybox("trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 0.05; done"));
  REQUIRE(pod.Says(id, "up"));
  CHECK(SecondsOf([&] { pod.client().Stop(id, 20); }) < 8);
  const cri::ContainerStatus status = pod.client().StatusOf(id);
  CHECK(status.exit_code() == 5);
  CHECK(LogText(status.log_path()) == "up\nasked\n");
}

TEST_CASE("a tree that ignores SIGTERM, forks and daemonizes is gone within the grace") {
  Pod pod;
  const std::string mark = Mark("grace");
  const std::string id = pod.Start(Busybox(Stubborn(mark)));
  REQUIRE(pod.Says(id, "ready"));
  REQUIRE(Eventually([&] { return Marked(mark).size() >= 6; }));
  const double seconds = SecondsOf([&] { pod.client().Stop(id, 2); });
  CHECK(Marked(mark).empty());
  CHECK(seconds > 1.5);
  CHECK(seconds < 4);
  CHECK(pod.client().StatusOf(id).exit_code() == 137);
}

// As when a node is drained of pods that do not heed their stop signal.
TEST_CASE("a hundred stops that wait for their grace do not hold up other calls") {
  Pod pod;
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    ids.push_back(pod.Start(Busybox("trap 'echo asked' TERM; echo up; while :; do sleep 0.2; done")));
  }
  for (const auto& id : ids) REQUIRE(pod.Says(id, "up"));
  std::vector<std::jthread> stops;
  for (const auto& id : ids) stops.emplace_back([&pod, id] { pod.client().Stop(id, 25); });
  const auto waiting = [&] {
    return std::count_if(ids.begin(), ids.end(), [&](const auto& id) {
      return LogText(pod.Log(id)).find("asked") != std::string::npos;
    });
  };
  CHECK(Eventually([&] { return waiting() == 100; }));
  CHECK(SecondsOf([&] { CHECK(RunScript(pod, "echo done").out == "done\n"); }) < 10);
  for (const auto& id : ids) pod.client().Stop(id, 0);
}

TEST_CASE("timeout 0 kills the whole tree at once") {
  Pod pod;
  const std::string mark = Mark("now");
  const std::string id = pod.Start(Busybox(Stubborn(mark)));
  REQUIRE(pod.Says(id, "ready"));
  REQUIRE(Eventually([&] { return Marked(mark).size() >= 6; }));
  CHECK(SecondsOf([&] { pod.client().Stop(id, 0); }) < 1.5);
  CHECK(Marked(mark).empty());
}

TEST_CASE("a fork bomb dies faster than it grows") {
  Pod pod;
  const std::string mark = Mark("bomb");
  cri::ContainerConfig container =
      Busybox("trap '' TERM; b() { (trap '' TERM; while :; do (sleep 5 &); usleep 500; done; : " + mark +
              ") & }; b; b; b; echo ready; sleep 1000; : " + mark);
  const std::string id = pod.Start(container);
  REQUIRE(pod.Says(id, "ready"));
  CHECK(SecondsOf([&] { pod.client().Stop(id, 0); }) < 4);
  CHECK(Marked(mark).empty());
  CHECK(Eventually([&] { return CgroupsWith(id).empty(); }));  // removed right after EXITED is published
}

TEST_CASE("survivors of an init that ended by itself are killed after their grace") {
  Pod pod;
  const std::string mark = Mark("survivor");
  const Ran ran = RunScript(
      pod,
      "(setsid $CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox sh -c \"trap '' TERM; while :; do "
      "sleep 0.1; done; : " +
      mark + "\" >/dev/null 2>&1 &); exit 4");
  CHECK(ran.status.exit_code() == 4);
  CHECK(Marked(mark).empty());
}

TEST_CASE("the image's or the container's stop signal is used") {
  Pod pod;
  cri::ContainerConfig container =
      Busybox("trap 'echo usr1; exit 9' USR1; echo up; while :; do sleep 0.05; done");
  container.set_stop_signal(cri::SIGNAL_SIGUSR1);
  const std::string id = pod.Start(container);
  REQUIRE(pod.Says(id, "up"));
  pod.client().Stop(id, 10);
  CHECK(pod.client().StatusOf(id).exit_code() == 9);
  CHECK(pod.client().StatusOf(id).stop_signal() == cri::SIGNAL_SIGUSR1);
}

TEST_CASE("jobpod.io/stop-whole-tree: the signal reaches every process at once") {
  const std::string script =
      "$CONTAINER_SANDBOX_MOUNT_POINT/bin/busybox sh -c \"trap 'echo child asked; exit 0' TERM; echo up; "
      "while :; do sleep 0.05; done\" & "
      "trap '' TERM; wait; echo child ended; exit 6";
  for (const bool whole : {true, false}) {
    Pod pod(SharedDaemon(), "", [&](cri::PodSandboxConfig& config) {
      (*config.mutable_annotations())["jobpod.io/stop-whole-tree"] = whole ? "true" : "false";
    });
    const std::string id = pod.Start(Busybox(script));
    REQUIRE(pod.Says(id, "up"));
    const double seconds = SecondsOf([&] { pod.client().Stop(id, whole ? 20 : 1); });
    const cri::ContainerStatus status = pod.client().StatusOf(id);
    INFO(LogText(status.log_path()));
    CHECK(seconds < 8);
    CHECK(status.exit_code() == (whole ? 6 : 137));
    CHECK((LogText(status.log_path()).find("child asked") != std::string::npos) == whole);
  }
}

TEST_CASE("of two stops the shorter grace wins") {
  Pod pod;
  const std::string id = pod.Start(Busybox("trap '' TERM; echo up; while :; do sleep 0.1; done"));
  REQUIRE(pod.Says(id, "up"));
  const double seconds = SecondsOf([&] {
    std::jthread patient([&] { pod.client().Stop(id, 30); });
    std::this_thread::sleep_for(Milliseconds(200));  // the first one is under way
    pod.client().Stop(id, 1);
  });
  CHECK(seconds < 5);
}

TEST_CASE("StopPodSandbox does not wait for grace") {
  Pod pod;
  const std::string id = pod.Start(Busybox("trap '' TERM; echo up; while :; do sleep 0.1; done"));
  REQUIRE(pod.Says(id, "up"));
  CHECK(SecondsOf([&] { pod.client().StopPod(pod.id()); }) < 3);
  CHECK(pod.client().StatusOf(id).exit_code() == 137);
}

}  // namespace jobpod::test
