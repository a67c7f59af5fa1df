// ExecSync: codes, streams, bounds, and nothing left of a command that ran too long.
#include <atomic>
#include <thread>

#include "base/text.hpp"
#include "test/windows/node.hpp"

namespace jobpod::test {

TEST_CASE("a command has its output, its streams and its code") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const cri::ExecSyncResponse response = pod.client().Exec(id, Deeds("out here + err there + exit 42"));
  CHECK(response.stdout() == "here\n");
  CHECK(response.stderr() == "there\n");
  CHECK(response.exit_code() == 42);
  CHECK(pod.client().Exec(id, Deeds("size")).stdout() == "size=0\n");
  CHECK(pod.client().Exec(id, {"bin\\hello.cmd"}).stdout() == "hello from a batch file\r\n");
}

TEST_CASE("a command sees its container's files, variables and job") {
  Pod pod;
  cri::ContainerConfig container = Sleeps();
  AddVariable(container, "COLOUR", "blue");
  const std::string id = pod.Start(container);
  CHECK(pod.client().Exec(id, Deeds("read app\\hello.txt + env COLOUR + env PLACE")).stdout() ==
        "hello from the image\nCOLOUR=blue\nPLACE=" + RootfsOf(id) + "\\app\n");
  CHECK_THAT(pod.client().Exec(id, Deeds("job")).stdout(), Catch::StartsWith("job=1\n"));
}

TEST_CASE("a command that does not exist is an error that names it, and the container goes on") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const grpc::Status outcome = Outcome([&] { pod.client().Exec(id, {"no-such-command"}); });
  CHECK(!outcome.ok());
  CHECK_THAT(outcome.error_message(), Catch::Contains("no-such-command"));
  CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a command in a container that does not run is refused") {
  Pod pod;
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Exec(pod.Create(Sleeps()), Deeds("out x")));
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Exec(pod.Run(Does("out x")).id, Deeds("out x")));
  CHECK_CODE(NOT_FOUND, pod.client().Exec(std::string(64, 'f'), Deeds("out x")));
  CHECK_CODE(INVALID_ARGUMENT, pod.client().Exec(pod.Start(Sleeps()), {}));
}

TEST_CASE("a command that runs too long is DeadlineExceeded and its tree is dead") {
  Pod pod;
  TemporaryDirectory directory;
  const std::string id = pod.Start(Sleeps()), born = directory / "born";
  const std::string deeds = Concat("deaf + tell ", born, " + detach deaf ++ tell ", born, " ++ sleep + sleep");
  CHECK_CODE(DEADLINE_EXCEEDED, pod.client().Exec(id, Deeds(deeds), 2));
  const std::vector<pid_t> pids = Children(Slurp(born));
  CHECK(pids.size() == 2);
  CHECK(Eventually([&] { return !AnyAlive(pids); }, Milliseconds(3'000)));
  CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a client that goes away takes its command with it") {
  Pod pod;
  TemporaryDirectory directory;
  const std::string id = pod.Start(Sleeps()), born = directory / "born";
  cri::ExecSyncRequest request;
  request.set_container_id(id);
  for (const std::string& word : Deeds(Concat("tell ", born, " + sleep"))) request.add_cmd(word);
  CHECK_CODE(DEADLINE_EXCEEDED, pod.client().Call(&Runtime::ExecSync, request, Milliseconds(2'000)));
  const std::vector<pid_t> pids = Children(Slurp(born));
  CHECK(pids.size() == 1);
  CHECK(Eventually([&] { return !AnyAlive(pids); }, Milliseconds(5'000)));
}

TEST_CASE("a child that keeps the streams does not hold the answer back") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  cri::ExecSyncResponse response;
  const double seconds = SecondsOf([&] { response = pod.client().Exec(id, Deeds("out done + start sleep"), 30); });
  CHECK(response.exit_code() == 0);
  CHECK_THAT(response.stdout(), Catch::StartsWith("done\nchild="));
  CHECK(seconds < 6);
}

TEST_CASE("more output than a message holds is cut, and the command still ends") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  const cri::ExecSyncResponse response = pod.client().Exec(id, Deeds("flood 30000000 + exit 6"), 60);
  CHECK(response.exit_code() == 6);
  CHECK(response.stdout().size() > (8u << 20));
  CHECK(response.stdout().size() < (16u << 20));
}

TEST_CASE("commands run side by side") {
  Pod pod;
  const std::string id = pod.Start(Sleeps());
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        const auto response = pod.client().Exec(id, Deeds(Concat("out ", i, " + exit ", i)), 30);
        right += response.exit_code() == i && response.stdout() == Concat(i, "\n");
      });
    }
  }
  CHECK(right == 8);
}

}  // namespace jobpod::test
