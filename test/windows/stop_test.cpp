// Stopping: the console event, the grace for the whole tree, and nothing left at its end.
#include <algorithm>
#include <thread>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {
namespace {

// Everything a stubborn container has started.
std::vector<pid_t> Grown(Pod& pod, const std::string& id, size_t least) {
  REQUIRE(pod.Says(id, "ready"));
  const std::vector<pid_t> pids = Children(LogText(pod.Log(id)));
  REQUIRE(pids.size() >= least);
  REQUIRE(AnyAlive(pids));
  return pids;
}

constexpr const char* kStubborn =
    "deaf + tree 1 2 + detach deaf ++ tree 1 2 ++ sleep + out ready + sleep";

}  // namespace

TEST_CASE("a container that heeds is asked by the shutdown event, and ends with its own code") {
  Pod pod;
  const std::string id = pod.Start(Does("heed 5 + out up + sleep"));
  REQUIRE(pod.Says(id, "up"));
  CHECK(SecondsOf([&] { pod.client().Stop(id, 30); }) < 10);
  const cri::ContainerStatus status = pod.client().StatusOf(id);
  CHECK(status.exit_code() == 5);
  CHECK(LogText(status.log_path()) == "up\nevent 6\nbye\n");
}

TEST_CASE("stop signals are the events that programs know") {
  const std::pair<cri::Signal, const char*> kinds[] = {
      {cri::SIGNAL_SIGINT, "event 0"}, {cri::SIGNAL_SIGQUIT, "event 1"}, {cri::SIGNAL_SIGUSR1, "event 6"}};
  Pod pod;
  for (const auto& [signal, event] : kinds) {
    cri::ContainerConfig container = Does("heed 3 + out up + sleep");
    container.set_stop_signal(signal);
    const std::string id = pod.Start(container);
    REQUIRE(pod.Says(id, "up"));
    pod.client().Stop(id, 30);
    CHECK(pod.client().StatusOf(id).exit_code() == 3);
    CHECK_THAT(LogText(pod.Log(id)), Catch::Contains(event));
  }
}

TEST_CASE("the whole tree is asked, and has the whole grace") {
  Pod pod;
  const std::string id = pod.Start(Does("start heed 0 1500 ++ out child ++ sleep + heed 7 3000 + sleep"));
  REQUIRE(pod.Says(id, "child\n"));
  pod.client().Stop(id, 30);
  const std::string log = LogText(pod.Log(id));
  INFO(log);
  CHECK(pod.client().StatusOf(id).exit_code() == 7);
  const size_t first = log.find("event 6");
  REQUIRE(first != std::string::npos);
  CHECK(log.find("event 6", first + 1) != std::string::npos);
  CHECK(std::ranges::count(log.substr(log.find("bye")), 'b') == 2);
}

TEST_CASE("a tree that is deaf and scattered is gone when the grace is over") {
  Pod pod;
  const std::string id = pod.Start(Does(kStubborn));
  const std::vector<pid_t> pids = Grown(pod, id, 3);
  const double seconds = SecondsOf([&] { pod.client().Stop(id, 2); });
  CHECK(!AnyAlive(pids));
  CHECK(seconds > 1.5);
  CHECK(seconds < 6);
  CHECK(pod.client().StatusOf(id).exit_code() == 137);
}

TEST_CASE("without grace a tree is gone at once") {
  Pod pod;
  const std::string id = pod.Start(Does(kStubborn));
  const std::vector<pid_t> pids = Grown(pod, id, 3);
  CHECK(SecondsOf([&] { pod.client().Stop(id, 0); }) < 2);
  CHECK(!AnyAlive(pids));
}

TEST_CASE("survivors of a first process that ended by itself are gone after their grace") {
  Pod pod;
  const Ran ran = pod.Run(Does("detach deaf ++ sleep + exit 4"));
  CHECK(ran.status.exit_code() == 4);
  CHECK(!AnyAlive(Children(ran.out)));
}

TEST_CASE("of two stops the shorter grace wins") {
  Pod pod;
  const std::string id = pod.Start(Does("deaf + out up + sleep"));
  REQUIRE(pod.Says(id, "up"));
  const double seconds = SecondsOf([&] {
    std::jthread patient([&] { Outcome([&] { pod.client().Stop(id, 40); }); });
    std::this_thread::sleep_for(Milliseconds(300));  // the first one is under way
    pod.client().Stop(id, 1);
  });
  CHECK(seconds < 10);
}

TEST_CASE("StopPodSandbox does not wait for grace, and every container is over") {
  Pod pod;
  const std::string first = pod.Start(Does("deaf + out up + sleep")), second = pod.Start(Sleeps());
  REQUIRE(pod.Says(first, "up"));
  CHECK(SecondsOf([&] { pod.client().StopPod(pod.id()); }) < 5);
  for (const std::string& id : {first, second}) {
    CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_EXITED);
    CHECK(pod.client().StatusOf(id).exit_code() == 137);
  }
  CHECK(pod.client().StatusOfPod(pod.id()).state() == cri::SANDBOX_NOTREADY);
  pod.client().StopPod(pod.id());
}

TEST_CASE("stop and remove are repeatable, and a running container can be removed") {
  Pod pod;
  const std::string id = pod.Start(Does("pid + sleep"));
  REQUIRE(pod.Says(id, "pid="));
  const pid_t pid = Reported(LogText(pod.Log(id)), "pid");
  CHECK(Alive(pid));
  pod.client().Remove(id);
  CHECK(!Alive(pid));
  pod.client().Remove(id);
  pod.client().Stop(std::string(64, 'f'), 0);
}

}  // namespace jobpod::test
