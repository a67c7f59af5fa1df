// exec and attach over SPDY, against the real server.
#include "cri/streaming/status_json.hpp"
#include "cri/streaming/test_house.hpp"

namespace jobpod::streaming {
namespace {

// Opens streams in the order clients do.
struct Command : SpdyTestClient {
  Command(const std::string& url, const StdioRequest& stdio,
          const std::vector<std::string>& protocols = kNewest)
      : SpdyTestClient(url, protocols) {
    error = Open({{"streamtype", "error"}});
    if (stdio.standard_input) input = Open({{"streamtype", "stdin"}});
    if (stdio.standard_output) output = Open({{"streamtype", "stdout"}});
    if (stdio.standard_error) errors = Open({{"streamtype", "stderr"}});
    if (stdio.terminal) resize = Open({{"streamtype", "resize"}});
  }
  uint32_t error = 0, input = 0, output = 0, errors = 0, resize = 0;
};

TEST_CASE("exec gives both outputs, then their ends, then the exit code, then goodbye") {
  TestHouse house;
  Command client(house.Exec({"echo", "hello"}, kOutputs), kOutputs);
  CHECK(client.answer.find("101 Switching Protocols") != std::string::npos);
  CHECK(client.answer.find("X-Stream-Protocol-Version: v4.channel.k8s.io") != std::string::npos);
  CHECK(client.UntilClosed());
  CHECK(client.streams[client.output].data == "hello");
  CHECK(client.streams[client.errors].data == "to stderr");
  CHECK(ParseEnd(client.streams[client.error].data).value() == 3);
  for (const uint32_t id : {client.error, client.output, client.errors}) CHECK(client.streams[id].replied);
  REQUIRE(client.finishes.size() == 3);
  CHECK(client.finishes[2] == client.error);
  CHECK(client.go_away == 0);
}

TEST_CASE("older protocols get the failure as text, and nothing on success") {
  TestHouse house;
  Command failed(house.Exec({"echo", "hello"}, kOutputs), kOutputs, {"v3.channel.k8s.io"});
  CHECK(failed.UntilClosed());
  CHECK(failed.streams[failed.error].data == "command terminated with non-zero exit code: exit code 3");
  Command good(house.Exec({"cat"}, kInputAndOutput), kInputAndOutput, {"channel.k8s.io"});
  good.SendData(good.input, "x", true);
  CHECK(good.UntilClosed());
  CHECK(good.streams[good.output].data == "x");
  CHECK(good.streams[good.error].data.empty());
  CHECK(good.streams[good.error].finished);
}

TEST_CASE("each version of the protocol has its streams, its terminal's sizes and its form of the end") {
  TestHouse house;
  const StdioRequest terminal{true, true, false, true};
  for (const std::string protocol :
       {"channel.k8s.io", "v2.channel.k8s.io", "v3.channel.k8s.io", "v4.channel.k8s.io"}) {
    INFO(protocol);
    const bool resizes = protocol.starts_with("v3") || protocol.starts_with("v4");
    StdioRequest opened = terminal;
    opened.terminal = resizes;
    Command client(house.Exec({"cat"}, terminal), opened, {protocol});
    CHECK(client.answer.find("X-Stream-Protocol-Version: " + protocol + "\r\n") != std::string::npos);
    house.traces.last_size = 0;
    if (resizes) {
      client.SendData(client.resize, "{\"Width\":7,\"Height\":5}");
      CHECK(Eventually([&] { return house.traces.last_size == (7u << 16 | 5); }));
    }
    client.SendData(client.input, "typed", true);
    CHECK(client.UntilClosed());
    CHECK(client.streams[client.output].data == "typed");
    CHECK(client.streams[client.error].data ==
          (protocol.starts_with("v4") ? R"({"metadata":{},"status":"Success"})" : ""));
  }
}

TEST_CASE("any exit code arrives as a number of 8 bits that is 0 for success alone") {
  TestHouse house;
  const std::pair<int, int> codes[] = {{0, 0},     {1, 1},       {137, 137},          {255, 255},
                                       {256, 1},   {300, 44},    {-1, 255},           {-256, 1},
                                       {65536, 1}, {0x10003, 3}, {-1073741510, 0x3a}, {2147483647, 255}};
  for (const auto& [code, seen] : codes) {
    INFO(code);
    Command client(house.Exec({"exit", std::to_string(code)}, kOutputs), kOutputs);
    CHECK(client.UntilClosed());
    CHECK(ParseEnd(client.streams[client.error].data).value() == seen);
    Command old(house.Exec({"exit", std::to_string(code)}, kOutputs), kOutputs, {"v2.channel.k8s.io"});
    CHECK(old.UntilClosed());
    const std::string text = Concat("command terminated with non-zero exit code: exit code ", code);
    CHECK(old.streams[old.error].data == (code == 0 ? "" : text));
  }
}

TEST_CASE("a server that stops tells its clients why on the error stream") {
  TestHouse house;
  Command client(house.Exec({"block"}, kOutputs), kOutputs);
  CHECK(Eventually([&] { return house.traces.alive == 1; }));
  std::thread stop([&] { house.server->Stop(); });
  CHECK(client.UntilClosed());
  stop.join();
  const Status why = ParseEnd(client.streams[client.error].data).status();
  CHECK(Message(why) == "Internal error occurred: the daemon is stopping");
}

TEST_CASE("input comes back whole and in order, and its end ends the process") {
  TestHouse house;
  Command client(house.Exec({"cat"}, kInputAndOutput), kInputAndOutput);
  std::string sent;
  for (int i = 0; sent.size() < (3u << 20); ++i) {
    const std::string piece(1 + i % 70'000, static_cast<char>('a' + i % 26));
    client.SendData(client.input, piece);
    sent += piece;
    client.Until([&] { return client.streams[client.output].data.size() + (32u << 10) >= sent.size(); });
  }
  client.SendData(client.input, "", true);
  CHECK(client.UntilClosed());
  CHECK(client.streams[client.output].data == sent);
  CHECK(ParseEnd(client.streams[client.error].data).value() == 0);
}

TEST_CASE("a program that cannot be started is told on the error stream") {
  TestHouse house;
  Command client(house.Exec({"no-such-program"}, kOutputs), kOutputs);
  CHECK(client.UntilClosed());
  const Status why = ParseEnd(client.streams[client.error].data).status();
  CHECK(Message(why).find("executable file not found") != std::string::npos);
  CHECK(client.streams[client.output].finished);
}

TEST_CASE("the size of a terminal arrives, the last one wins") {
  TestHouse house;
  const StdioRequest terminal{true, true, false, true};
  Command client(house.Exec({"cat"}, terminal), terminal);
  client.SendData(client.resize, "{\"Width\":1,\"Height\":1}\n{\"Width\":120,");
  client.SendData(client.resize, "\"Height\":40}\n");
  CHECK(Eventually([&] { return house.traces.last_size == (120u << 16 | 40); }));
  client.SendData(client.input, "", true);
  CHECK(client.UntilClosed());
  CHECK(ParseEnd(client.streams[client.error].data).value() == 0);
}

TEST_CASE("attach ends with success whatever the exit code") {
  TestHouse house;
  Command client(house.Exec({"echo", "hello"}, kOutputs, Kind::kAttach), kOutputs);
  CHECK(client.UntilClosed());
  CHECK(client.streams[client.output].data == "hello");
  CHECK(ParseEnd(client.streams[client.error].data).value() == 0);
}

TEST_CASE("a ping is answered with its id, also while nothing happens") {
  TestHouse house;
  Command client(house.Exec({"block"}, kOutputs), kOutputs);
  std::string pings;
  for (const uint32_t id : {1u, 3u, 2u, 5u}) AppendPing(pings, id);
  client.Send(pings);
  CHECK(client.Until([&] { return client.pings.size() == 3; }));
  CHECK(client.pings == std::vector<uint32_t>{1, 3, 5});
}

TEST_CASE("a client that vanishes takes its process along, at any moment") {
  TestHouse house;
  for (const char* program : {"block", "flood", "cat"}) {
    const int before = house.traces.destroyed_early;
    Command client(house.Exec({program}, kInputAndOutput), kInputAndOutput);
    if (program[0] == 'f') client.Until([&] { return client.streams[client.output].data.size() > 100'000; });
    client.Until([&] { return client.streams[client.output].replied; });  // or it would never have begun
    client.Close();
    CHECK(Eventually([&] { return house.traces.destroyed_early > before; }));
  }
}

TEST_CASE("a client that vanishes behind input nobody reads is noticed") {
  TestHouse house({.address = {"127.0.0.1", 0}, .pulse = std::chrono::milliseconds(20)});
  Command client(house.Exec({"block"}, kInputAndOutput), kInputAndOutput);
  client.SendData(client.input, std::string(600'000, 'x'));
  CHECK(client.Until([&] { return !client.pings.empty(); }));  // it does not read any more
  CHECK(client.pings[0] % 2 == 0);
  CHECK(house.traces.destroyed_early == 0);
  client.Close();
  CHECK(Eventually([&] { return house.traces.destroyed_early == 1; }));
}

}  // namespace
}  // namespace jobpod::streaming
