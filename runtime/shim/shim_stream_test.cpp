// Streamed execs through a real shim: handles in, and a control socket that says how it ended.
#include <catch2/catch.hpp>

#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

struct Stream {
  OwnedHandle input, output, control;  // this side's
  Status started;
};

Stream StartStream(TestShim& shim, const std::string& container, const Words& words) {
  TestPipe input = InputPipe(PipeFor::kProcess), output = OutputPipe(PipeFor::kProcess), control = ControlPair();
  shim::ToShim request;
  auto& exec = *request.mutable_exec();
  exec.set_container_id(container);
  *exec.mutable_plan() = ProgramPlan(words);
  exec.set_has_stdin(true);
  exec.set_has_stdout(true);
  exec.set_streamed(true);
  Status started =
      shim.Ask(request, {input.theirs.get(), output.theirs.get(), control.theirs.get()}).status();
  return {std::move(input.ours), std::move(output.ours), std::move(control.ours), started};
}

bool OnlyTheContainer(const TestShim& shim) {
  return Eventually([&] { return shim.Programs() == 1 && shim.Jobs() == 2; });
}

}  // namespace

TEST_CASE("A streamed exec is answered when it runs and tells its code when it ends") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  Stream stream = StartStream(shim, plan.id(), {"echo", "say", "bye", "exit", "7"});
  INFO(stream.started.ToString());
  REQUIRE(stream.started.ok());
  REQUIRE(WriteText(stream.input, "hello\n"));
  stream.input.Reset();
  CHECK(ReadRest(stream.output) == "hello\nbye\n");
  shim::FromShim end = EndOf(stream.control);
  CHECK(end.error_code() == 0);
  CHECK(end.exec().exit_code() == 7);
  CHECK(OnlyTheContainer(shim));
}

TEST_CASE("A streamed exec that cannot start says why and leaves nothing") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  Stream stream = StartStream(shim, "abc", {});
  CHECK(absl::IsNotFound(stream.started));
  CHECK(ReadRest(stream.output).empty());
  CHECK(EndOf(stream.control).ByteSizeLong() == 0);
  CHECK(OnlyTheContainer(shim));
}

TEST_CASE("A daemon that lets go of a streamed exec takes its whole tree with it") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  Stream stream = StartStream(shim, plan.id(), {"ignore", "apart", "ignore", "wait", "done", "wait"});
  REQUIRE(stream.started.ok());
  REQUIRE(Eventually([&] { return shim.Programs() == 3; }));
  stream.control.Reset();
  CHECK(OnlyTheContainer(shim));
  CHECK(ReadRest(stream.output).empty());
}

TEST_CASE("Streams end with their container, and with their shim") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  Stream stream = StartStream(shim, plan.id(), {"wait"});
  REQUIRE(stream.started.ok());
  SECTION("container") {
    REQUIRE(shim.Stop(plan.id(), 0).ok());
    CHECK(EndOf(stream.control).exec().exit_code() == 137);
  }
  SECTION("shim") {
    shim.Kill();
    CHECK(EndOf(stream.control).ByteSizeLong() == 0);
  }
}
