// Streamed execs and attached clients on every system.
#include <catch2/catch.hpp>

#include "runtime/pod_test_node.hpp"

using namespace jobpod;
using namespace jobpod::pod_test;
using jobpod::stream_test::Client;
using jobpod::stream_test::Eventually;
using namespace std::chrono_literals;

namespace {

constexpr StdioRequest kLook{false, true, true, false};

void WithInput(ContainerSpec& spec) {
  spec.set_stdin(true);
}

void WithInputOnce(ContainerSpec& spec) {
  spec.set_stdin(true);
  spec.set_stdin_once(true);
}

}  // namespace

TEST_CASE("A streamed exec has its input, its outputs and its code") {
  Node node;
  const std::string id = node.Start({"wait"});
  Client client(node.Exec(id, {"echo", "cry", "wrong", "exit", "42"}));
  INFO(client.opened().ToString());
  REQUIRE(client.opened().ok());
  client.Write("over and ");
  client.Write("out");
  CHECK(client.Says("over and out"));
  CHECK_FALSE(client.Ended());
  client.CloseInput();
  CHECK(client.End().value() == 42);
  CHECK(client.output() == "over and out");
  CHECK(client.error_output() == "wrong\n");
}

TEST_CASE("A client that reads late loses nothing") {
  Node node;
  const std::string id = node.Start({"wait"});
  Client client(node.Exec(id, {"count", "60000"}, kLook), false);
  REQUIRE(client.opened().ok());
  client.Read();
  CHECK(client.End().value() == 0);
  const std::string output = client.output();
  CHECK(output.size() == 348'894);  // of "1\n" to "60000\n"
  CHECK(output.substr(output.size() - 12) == "59999\n60000\n");
}

TEST_CASE("A client that vanishes takes the tree of its exec along") {
  Node node;
  const std::string id = node.Start({"wait"});
  Client client(node.Exec(id, {"ignore", "apart", "ignore", "wait", "done", "say", "on", "wait"}));
  REQUIRE(client.opened().ok());
  REQUIRE(client.Says("on"));
  CHECK(Eventually([&] { return node.Processes() == 3; }));
  client.LetGo();
  CHECK(Eventually([&] { return node.Processes() == 1; }));
}

TEST_CASE("What cannot be executed is refused with the reason") {
  Node node;
  const std::string id = node.Start({"wait"});
  boost::asio::io_context io;
  const auto end = [](const StatusOr<int32_t>&) { FAIL("it never began"); };
  const Status missing =
      node.pods().ExecStream(id, {"no-such-program"}, stream_test::kAll, io.get_executor(), end).status();
  CHECK(absl::IsNotFound(missing));
  CHECK(missing.ToString().find("no-such-program") != std::string::npos);
  REQUIRE(node.pods().StopContainer(id, 0s).ok());
  CHECK(absl::IsFailedPrecondition(
      node.pods().ExecStream(id, {"/bin/program"}, stream_test::kAll, io.get_executor(), end).status()));
  io.run();
}

TEST_CASE("Clients are attached side by side, and the end of one's input lets it go") {
  Node node;
  const std::string id = node.Start({"say", "up", "lines", "exit", "5"}, WithInput);
  REQUIRE(node.Logs(id, "up"));
  Client looker(node.Attach(id, kLook));
  {
    Client client(node.Attach(id));
    REQUIRE(client.opened().ok());
    client.Write("one\n");
    CHECK(client.Says("got one\n"));
    CHECK(looker.Says("got one\n"));
    client.CloseInput();
    CHECK(client.End().value() == 0);
  }
  CHECK(node.container(id)->state() == ContainerState::kRunning);
  Client last(node.Attach(id));
  last.Write("quit\n");
  CHECK(last.End().value() == 5);
  CHECK(looker.End().value() == 5);
  CHECK(looker.output() == "got one\n");
  CHECK(node.Log(id).find("stdout F got one\n") != std::string::npos);
}

TEST_CASE("stdin_once: the first client's end is the end of the input, and it has missed nothing") {
  Node node;
  const std::string id = node.Start({"say", "up", "lines", "exit", "4"}, WithInputOnce);
  REQUIRE(node.Logs(id, "up"));
  Client client(node.Attach(id));
  REQUIRE(client.opened().ok());
  client.Write("one\n");
  CHECK(client.Says("up\ngot one\n"));
  client.CloseInput();
  CHECK(client.End().value() == 4);
}

TEST_CASE("An exec may have a terminal, which has a size") {
  Node node;
  const std::string id = node.Start({"wait"});
  Client client(node.Exec(id, {"tty", "lines", "size", "exit", "6"}, {true, true, false, true}));
  INFO(client.opened().ToString());
  REQUIRE(client.opened().ok());
  CHECK(client.Says("terminal"));
  client.Resize(100, 40);
  client.Write("typed\r");
  CHECK(client.Says("got typed"));  // the size has had its time
  client.Write("quit\r");
  CHECK(client.Says(ResizesTerminals() ? "100x40" : "80x25"));
  CHECK(client.End().value() == 6);
}
