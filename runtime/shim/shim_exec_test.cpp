// Execs through a real shim.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "base/file_linux.hpp"
#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    read.Reset(ends[0]);
    write.Reset(ends[1]);
  }
  std::string Rest() {
    write.Reset();
    return ReadAll(read.get(), 1 << 20, "pipe").value();
  }
  Fd read, write;
};

// A container that sleeps until it is killed.
LaunchPlan StartSleeper(TestShim& shim) {
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Shell("echo up; while :; do sleep 1000; done");
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F up\n" && shim.Processes().size() == 2; }));
  return plan;
}

size_t OpenFilesOf(int pid) {
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    (void)entry;
    ++count;
  }
  return count;
}

size_t PssKiB(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  size_t value = 0;
  while (file >> word) {
    if (word == "Pss:" && file >> value) return value;
  }
  return 0;
}

}  // namespace

TEST_CASE("An exec's output comes through its descriptor, with its exit code") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Pipe pipe;
  auto reply = shim.Exec(plan.id(), "echo hello; exit 5", 0, pipe.write.get());
  REQUIRE(reply.ok());
  CHECK(reply->exit_code() == 5);
  CHECK_FALSE(reply->timed_out());
  CHECK(pipe.Rest() == "hello\n");
  CHECK(Eventually([&] { return shim.Processes().size() == 2; }));
}

TEST_CASE("An exec that takes too long is killed with its whole tree, the container is not") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  auto reply = shim.Exec(plan.id(), "trap '' TERM; (setsid sleep 1000 &); sleep 1000", 100);
  REQUIRE(reply.ok());
  CHECK(reply->timed_out());
  CHECK(Eventually([&] { return shim.Processes().size() == 2; }));
  CHECK(shim.Exec(plan.id(), "exit 0").ok());
}

TEST_CASE("What an exec leaves behind is killed when it ends") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  REQUIRE(shim.Exec(plan.id(), "(setsid sleep 1000 &) ; exit 0").ok());
  CHECK(Eventually([&] { return shim.Processes().size() == 2; }));
}

TEST_CASE("A lost daemon ends its execs and nothing else") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  Pipe pipe;
  std::thread waiting(
      [&] { CHECK_FALSE(shim.Exec(plan.id(), "echo on; sleep 1000", 0, pipe.write.get()).ok()); });
  pollfd ready{pipe.read.get(), POLLIN, 0};
  CHECK(poll(&ready, 1, 10000) == 1);
  shim.LoseConnection();
  waiting.join();
  CHECK(pipe.Rest() == "on\n");  // the end of file says that the exec's tree is gone
  CHECK(Eventually([&] { return shim.Processes().size() == 2; }));
  shim.Disconnect();
  REQUIRE(shim.Connect().ok());
  REQUIRE(shim.hello().containers_size() == 1);
  CHECK(shim.hello().containers(0).id() == plan.id());
  CHECK_FALSE(shim.hello().containers(0).exited());
  CHECK(shim.Stop(plan.id(), 0).ok());
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 137);
}

TEST_CASE("A cancelled exec is killed and says so") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  shim::ToShim exec;
  exec.mutable_exec()->set_container_id(plan.id());
  *exec.mutable_exec()->mutable_plan() = ShellPlan("sleep 1000");
  Status outcome;
  std::thread waiting([&] { outcome = shim.Ask(exec).status(); });
  CHECK(Eventually([&] { return shim.Processes().size() >= 3; }));
  shim::ToShim cancel;
  cancel.mutable_cancel_exec()->set_exec_id(exec.exec().plan().id());
  CHECK(shim.Ask(cancel).ok());
  waiting.join();
  CHECK(absl::IsCancelled(outcome));
  CHECK(Eventually([&] { return shim.Processes().size() == 2; }));
}

TEST_CASE("Execs are refused where they cannot be") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  CHECK(absl::IsNotFound(shim.Exec("abc", "true").status()));
  shim::ToShim missing;
  missing.mutable_exec()->set_container_id(plan.id());
  *missing.mutable_exec()->mutable_plan() = ShellPlan("true");
  missing.mutable_exec()->set_has_stdout(true);
  CHECK(absl::IsInvalidArgument(shim.Ask(missing).status()));
  REQUIRE(shim.Stop(plan.id(), 0).ok());
  shim.AwaitExit(plan.id());
  CHECK(absl::IsFailedPrecondition(shim.Exec(plan.id(), "true").status()));
}

TEST_CASE("Many execs leave no descriptor, memory or job behind") {
  TestShim shim;
  LaunchPlan plan = StartSleeper(shim);
  auto run = [&](int count) {
    Pipe pipe;
    for (int i = 0; i < count; ++i) {
      auto reply = shim.Exec(plan.id(), "exit 0", 0, pipe.write.get());
      INFO("exec " << i << ": " << reply.status().ToString());
      REQUIRE(reply.ok());
    }
  };
  run(50);
  int pid = shim.process().pid;
  const size_t files = OpenFilesOf(pid);
  const size_t memory = PssKiB(pid);
  const char* asked = std::getenv("JOBPOD_TEST_EXECS");
  const int count = asked != nullptr ? std::atoi(asked) : 300;
  auto start = std::chrono::steady_clock::now();
  run(count);
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  CHECK(Eventually([&] { return OpenFilesOf(pid) == files; }));
  // A sanitizer keeps what was freed.
  if (!JOBPOD_SANITIZED) CHECK(PssKiB(pid) <= memory + 16);
  CHECK(Eventually([&] { return shim.Jobs() == 2; }));  // the pod's and the container's
  INFO(count << " execs, " << took.count() / count << " ms each, PSS " << PssKiB(pid) << " KiB");
  CHECK(shim.Processes().size() == 2);
  if (asked != nullptr)
    WARN(count << " execs, " << took.count() / count << " ms each, PSS " << memory << " -> " << PssKiB(pid)
               << " KiB");
}

// Run by name: prints what many shims with two containers each cost.
TEST_CASE("Memory of shims", "[.memory]") {
  std::vector<std::unique_ptr<TestShim>> shims;
  for (int i = 0; i < 20; ++i) {
    shims.push_back(std::make_unique<TestShim>());
    REQUIRE(shims.back()->Connect().ok());
    for (int container = 0; container < 2; ++container) {
      REQUIRE(shims.back()->Start(shims.back()->Shell("echo up; while :; do sleep 1000; done")).ok());
    }
  }
  size_t sum = 0;
  for (const auto& shim : shims) sum += PssKiB(shim->process().pid);
  std::ifstream rollup("/proc/" + std::to_string(shims.back()->process().pid) + "/smaps_rollup");
  std::ifstream maps("/proc/" + std::to_string(shims.back()->process().pid) + "/smaps");
  WARN("PSS of each of " << shims.size() << " shims: " << sum / shims.size() << " KiB\n" << rollup.rdbuf());
  if (std::getenv("JOBPOD_TEST_MAPS") != nullptr) WARN(maps.rdbuf());
  CHECK(sum / shims.size() <= 300);
}
