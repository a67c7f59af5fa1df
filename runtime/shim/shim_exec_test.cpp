// Execs through a real shim.
#include <catch2/catch.hpp>
#include <thread>

#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

TEST_CASE("An exec's output comes through its handle, with its exit code") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  TestPipe pipe = OutputPipe(PipeFor::kProcess);
  auto reply = shim.Exec(plan.id(), {"say", "hello", "exit", "5"}, 0, pipe.theirs.get());
  INFO(reply.status().ToString());
  REQUIRE(reply.ok());
  CHECK(reply->exit_code() == 5);
  CHECK_FALSE(reply->timed_out());
  pipe.theirs.Reset();
  CHECK(ReadRest(pipe.ours) == "hello\n");
  CHECK(Eventually([&] { return shim.Programs() == 1; }));
}

TEST_CASE("An exec that takes too long is killed with its whole tree, the container is not") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  auto reply = shim.Exec(plan.id(), {"ignore", "apart", "wait", "done", "wait"}, 300);
  REQUIRE(reply.ok());
  CHECK(reply->timed_out());
  CHECK(Eventually([&] { return shim.Programs() == 1; }));
  CHECK(shim.Exec(plan.id(), {"exit", "0"}).ok());
}

TEST_CASE("What an exec leaves behind is killed when it ends") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  REQUIRE(shim.Exec(plan.id(), {"apart", "wait", "done", "exit", "0"}).ok());
  CHECK(Eventually([&] { return shim.Programs() == 1; }));
}

TEST_CASE("A lost daemon ends its execs and nothing else") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  TestPipe pipe = OutputPipe(PipeFor::kProcess);
  std::thread waiting(
      [&] { CHECK_FALSE(shim.Exec(plan.id(), {"say", "on", "wait"}, 0, pipe.theirs.get()).ok()); });
  CHECK(ReadText(pipe.ours) == "on\n");
  shim.LoseConnection();
  waiting.join();
  pipe.theirs.Reset();
  CHECK(ReadRest(pipe.ours).empty());  // the end of file says that the exec's tree is gone
  CHECK(Eventually([&] { return shim.Programs() == 1; }));
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
  LaunchPlan plan = shim.StartSleeper();
  shim::ToShim exec;
  exec.mutable_exec()->set_container_id(plan.id());
  *exec.mutable_exec()->mutable_plan() = ProgramPlan({"wait"});
  Status outcome;
  std::thread waiting([&] { outcome = shim.Ask(exec).status(); });
  CHECK(Eventually([&] { return shim.Programs() == 2; }));
  shim::ToShim cancel;
  cancel.mutable_cancel_exec()->set_exec_id(exec.exec().plan().id());
  CHECK(shim.Ask(cancel).ok());
  waiting.join();
  CHECK(absl::IsCancelled(outcome));
  CHECK(Eventually([&] { return shim.Programs() == 1; }));
}

TEST_CASE("Execs are refused where they cannot be") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  CHECK(absl::IsNotFound(shim.Exec("abc", Words()).status()));
  shim::ToShim missing;
  missing.mutable_exec()->set_container_id(plan.id());
  *missing.mutable_exec()->mutable_plan() = ProgramPlan({});
  missing.mutable_exec()->set_has_stdout(true);
  CHECK(absl::IsInvalidArgument(shim.Ask(missing).status()));
  REQUIRE(shim.Stop(plan.id(), 0).ok());
  shim.AwaitExit(plan.id());
  CHECK(absl::IsFailedPrecondition(shim.Exec(plan.id(), Words()).status()));
}
