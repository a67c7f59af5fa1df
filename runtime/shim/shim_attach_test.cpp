// Clients attached to a container, and terminals, through a real shim.
#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/shim/shim_test_support.hpp"

using namespace jobpod;
using namespace jobpod::shim_test;

namespace {

LaunchPlan WithInput(LaunchPlan plan, bool once) {
  plan.mutable_stdio()->set_stdin(true);
  plan.mutable_stdio()->set_stdin_once(once);
  return plan;
}

shim::Attach InputAndOutput(const LaunchPlan& plan) {
  shim::Attach asked;
  asked.set_container_id(plan.id());
  asked.set_has_stdin(true);
  asked.set_has_stdout(true);
  return asked;
}

shim::Attach OutputOnly(const LaunchPlan& plan) {
  shim::Attach asked;
  asked.set_container_id(plan.id());
  asked.set_has_stdout(true);
  return asked;
}

// Reads until `text` has come; what there is at the end of file.
std::string ReadUntil(const OwnedHandle& end, const std::string& text) {
  std::string read;
  while (read.find(text) == std::string::npos) {
    const std::string piece = ReadText(end);
    if (piece.empty()) break;
    read += piece;
  }
  return read;
}

}  // namespace

TEST_CASE("What a container writes comes to its client, what the client writes to the container") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = WithInput(shim.Program({"lines", "exit", "4"}), false);
  REQUIRE(shim.Start(plan).ok());
  Attached client = AttachTo(shim.client(), InputAndOutput(plan));
  INFO(client.status.ToString());
  REQUIRE(client.status.ok());
  CHECK(client.reply.has_stdin());
  CHECK(client.reply.has_stdout());
  CHECK_FALSE(client.reply.owns_stdin());
  REQUIRE(WriteText(client.input, "one\n"));
  CHECK(ReadUntil(client.output, "\n") == "got one\n");
  REQUIRE(WriteText(client.input, "quit\n"));
  CHECK(ReadRest(client.output).empty());
  CHECK(EndOf(client.control).exec().exit_code() == 4);
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 4);
  CHECK(shim.Log(plan) == "stdout F got one\n");
}

TEST_CASE("A client that leaves does the container no harm, and the next one comes") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = WithInput(shim.Program({"lines", "exit", "4"}), false);
  REQUIRE(shim.Start(plan).ok());
  for (int round = 0; round < 3; ++round) {
    Attached client = AttachTo(shim.client(), InputAndOutput(plan));
    REQUIRE(client.status.ok());
    REQUIRE(WriteText(client.input, "again\n"));
    CHECK(ReadUntil(client.output, "\n") == "got again\n");
  }
  CHECK(shim.Programs() == 1);
  Attached last = AttachTo(shim.client(), InputAndOutput(plan));
  REQUIRE(WriteText(last.input, "quit\n"));
  CHECK(EndOf(last.control).exec().exit_code() == 4);
}

TEST_CASE("The one client of a container gets what was written before it came, and its end of file is the container's") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = WithInput(shim.Program({"say", "early", "echo", "say", "end"}), true);
  REQUIRE(shim.Start(plan).ok());
  REQUIRE(Eventually([&] { return shim.Log(plan) == "stdout F early\n"; }));
  Attached client = AttachTo(shim.client(), InputAndOutput(plan));
  REQUIRE(client.status.ok());
  CHECK(client.reply.owns_stdin());
  CHECK(ReadUntil(client.output, "\n") == "early\n");
  REQUIRE(WriteText(client.input, "word\n"));
  client.input.Reset();
  CHECK(ReadRest(client.output) == "word\nend\n");
  CHECK(EndOf(client.control).exec().exit_code() == 0);
  CHECK(shim.AwaitExit(plan.id()).reason() == "Completed");
}

TEST_CASE("A client that does not read is let go, the others and the log get everything") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = WithInput(shim.Program({"lines", "count", "400000"}), false);
  REQUIRE(shim.Start(plan).ok());
  Attached slow = AttachTo(shim.client(), OutputOnly(plan));
  Attached driver = AttachTo(shim.client(), InputAndOutput(plan));
  REQUIRE(slow.status.ok());
  REQUIRE(driver.status.ok());
  REQUIRE(WriteText(driver.input, "quit\n"));
  const std::string all = ReadRest(driver.output);
  CHECK(all.ends_with("\n400000\n"));
  CHECK(std::count(all.begin(), all.end(), '\n') == 400000);
  CHECK(EndOf(driver.control).error_code() == 0);
  CHECK(EndOf(slow.control).error_code() == static_cast<uint32_t>(absl::StatusCode::kResourceExhausted));
  CHECK(shim.AwaitExit(plan.id()).reason() == "Completed");
  CHECK(shim.Log(plan).ends_with("stdout F 400000\n"));
}

TEST_CASE("What has ended, or is not there, cannot be attached to") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = shim.Program({});
  REQUIRE(shim.Start(plan).ok());
  shim.AwaitExit(plan.id());
  CHECK(absl::IsFailedPrecondition(AttachTo(shim.client(), OutputOnly(plan)).status));
  plan.set_id("abc");
  CHECK(absl::IsNotFound(AttachTo(shim.client(), OutputOnly(plan)).status));
}

TEST_CASE("A container with a terminal has one, of the size its client says") {
  TestShim shim;
  REQUIRE(shim.Connect().ok());
  LaunchPlan plan = WithInput(shim.Program({"tty", "lines", "size", "lines", "exit", "6"}), false);
  plan.mutable_stdio()->set_tty(true);
  auto started = shim.Start(plan);
  INFO(started.status().ToString());
  REQUIRE(started.ok());
  REQUIRE(Eventually([&] { return shim.Log(plan).find("terminal") != std::string::npos; }));
  shim::Attach asked = InputAndOutput(plan);
  asked.set_terminal(true);
  Attached client = AttachTo(shim.client(), asked);
  INFO(client.status.ToString());
  REQUIRE(client.status.ok());
  CHECK(client.reply.has_terminal());
  ResizeTerminal(client, 97, 31);
  REQUIRE(WriteText(client.input, "typed\r"));
  CHECK(ReadUntil(client.output, "got typed").find("got typed") != std::string::npos);
  REQUIRE(WriteText(client.input, "quit\r"));
  const std::string size = HostResizesTerminals() ? "97x31" : "80x25";
  CHECK(ReadUntil(client.output, size).find(size) != std::string::npos);
  REQUIRE(WriteText(client.input, "quit\r"));
  CHECK(EndOf(client.control).exec().exit_code() == 6);
  CHECK(shim.AwaitExit(plan.id()).exit_code() == 6);
}

TEST_CASE("An exec with a terminal has one, and ends when its client lets go") {
  TestShim shim;
  LaunchPlan plan = shim.StartSleeper();
  Attached client = ExecWithTerminal(shim.client(), plan.id(), ProgramPlan({"tty", "lines", "exit", "8"}));
  INFO(client.status.ToString());
  REQUIRE(client.status.ok());
  CHECK(ReadUntil(client.output, "terminal").find("terminal") != std::string::npos);
  SECTION("by itself") {
    REQUIRE(WriteText(client.input, "quit\r"));
    CHECK(EndOf(client.control).exec().exit_code() == 8);
  }
  SECTION("by its client") {
    client.control.Reset();
    client.input.Reset();
    client.output.Reset();
  }
  CHECK(Eventually([&] { return shim.Programs() == 1 && shim.Jobs() == 2; }));
}
