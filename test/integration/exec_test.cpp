// ExecSync: codes, streams, bounds, and nothing left of a command that ran too long.
#include <thread>

#include "test/integration/suite.hpp"

namespace jobpod::test {
namespace {

std::vector<std::string> Shell(const std::string& script) {
  return {kBusybox, "sh", "-c", script};
}

}  // namespace

TEST_CASE("a command in a container has its output, its streams and its code") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  const cri::ExecSyncResponse response = pod.client().Exec(id, Shell("echo out; echo err >&2; exit 42"));
  CHECK(response.stdout() == "out\n");
  CHECK(response.stderr() == "err\n");
  CHECK(response.exit_code() == 42);
  CHECK(pod.client().Exec(id, Shell("kill -9 $$")).exit_code() == 137);
}

TEST_CASE("a command sees its container's files, environment and user") {
  Pod pod;
  cri::ContainerConfig container = Busybox("exec sleep 1000");
  AddVariable(container, "COLOUR", "blue");
  const std::string id = pod.Start(container);
  const std::string out =
      pod.client()
          .Exec(id, Shell("cat /hpc/etc/jobpod-image; echo $COLOUR $CONTAINER_SANDBOX_MOUNT_POINT"))
          .stdout();
  CHECK(out == "from the image\nblue /hpc\n");
}

TEST_CASE("a command that does not exist is an error that names it") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  const grpc::Status outcome = Outcome([&] { pod.client().Exec(id, {"no-such-command"}); });
  CHECK(!outcome.ok());
  CHECK(outcome.error_message().find("no-such-command") != std::string::npos);
  CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a command in a container that does not run is refused") {
  Pod pod;
  const std::string created = pod.Create(Busybox("true"));
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Exec(created, Shell("true")));
  const Ran ran = RunScript(pod, "true");
  CHECK_CODE(FAILED_PRECONDITION, pod.client().Exec(ran.id, Shell("true")));
  CHECK_CODE(NOT_FOUND, pod.client().Exec(std::string(64, 'f'), Shell("true")));
  const std::string running = pod.Start(Busybox("exec sleep 1000"));
  CHECK_CODE(INVALID_ARGUMENT, pod.client().Exec(running, {}));
}

TEST_CASE("a command that runs too long ends in DeadlineExceeded and its tree is dead") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  TemporaryDirectory directory;
  const std::string script = "trap '' TERM; (setsid " + std::string(kBusybox) + " sh -c 'echo $$ > " +
                             directory.path() + "/child; sleep 600' &); echo $$ > " + directory.path() +
                             "/self; while :; do sleep 0.1; done";
  const auto start = std::chrono::steady_clock::now();
  CHECK_CODE(DEADLINE_EXCEEDED, pod.client().Exec(id, Shell(script), 1));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(4));
  for (const char* name : {"/self", "/child"}) {
    const pid_t pid = atoi(Slurp(directory.path() + name).c_str());
    REQUIRE(pid > 0);
    CHECK(Eventually([&] { return !Alive(pid); }, Milliseconds(2'000)));
  }
  CHECK(pod.client().StatusOf(id).state() == cri::CONTAINER_RUNNING);
}

TEST_CASE("a client that goes away takes its command with it") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  TemporaryDirectory directory;
  cri::ExecSyncRequest request;
  request.set_container_id(id);
  for (const std::string& word : Shell("echo $$ > " + directory.path() + "/pid; sleep 600"))
    request.add_cmd(word);
  CHECK_CODE(DEADLINE_EXCEEDED, pod.client().Call(&Runtime::ExecSync, request, Milliseconds(700)));
  const pid_t pid = atoi(Slurp(directory / "pid").c_str());
  REQUIRE(pid > 0);
  CHECK(Eventually([&] { return !Alive(pid); }, Milliseconds(5'000)));
}

TEST_CASE("a pipe inherited by a daemon does not hold the answer back") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  const auto start = std::chrono::steady_clock::now();
  const cri::ExecSyncResponse response = pod.client().Exec(id, Shell("echo done; sleep 600 & exit 3"), 20);
  CHECK(response.exit_code() == 3);
  CHECK(response.stdout() == "done\n");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("more output than a message holds is cut, and the command still ends") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  const cri::ExecSyncResponse response =
      pod.client().Exec(id, Shell("head -c 30000000 /dev/zero | tr '\\0' a; exit 6"), 60);
  CHECK(response.exit_code() == 6);
  CHECK(response.stdout().size() > (8u << 20));
  CHECK(response.stdout().size() < (16u << 20));
}

TEST_CASE("commands run side by side") {
  Pod pod;
  const std::string id = pod.Start(Busybox("exec sleep 1000"));
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&, i] {
        const auto response =
            pod.client().Exec(id, Shell("echo " + std::to_string(i) + "; exit " + std::to_string(i)));
        right += response.exit_code() == i && response.stdout() == std::to_string(i) + "\n";
      });
  }
  CHECK(right == 16);
}

}  // namespace jobpod::test
