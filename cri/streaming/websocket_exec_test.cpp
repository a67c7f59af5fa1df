// exec and attach over WebSockets, against the real server.
#include "cri/streaming/websocket_test_client.hpp"

#include "cri/streaming/status_json.hpp"
#include "cri/streaming/test_house.hpp"

namespace jobpod::streaming {
namespace {

using Client = WebSocketTestClient;

constexpr char kInput = 0, kOutput = 1, kErrors = 2, kStatus = 3, kResize = 4;
constexpr const char* kV5 = "v5.channel.k8s.io";
constexpr const char* kAll[] = {"",  "channel.k8s.io",    "base64.channel.k8s.io",
                                kV5, "v4.channel.k8s.io", "v4.base64.channel.k8s.io"};

TEST_CASE("every subprotocol gives both outputs, the exit code in its form, then the close frame") {
  TestHouse house;
  for (const std::string protocol : kAll) {
    INFO(protocol);
    Client client(house.Exec({"echo", "hello"}, kOutputs), protocol);
    CHECK(client.answer.find("101 Switching Protocols") != std::string::npos);
    CHECK((client.answer.find("Sec-WebSocket-Protocol: " + protocol + "\r\n") != std::string::npos) ==
          !protocol.empty());
    CHECK(client.Until([&] { return client.close_code != -1; }));
    CHECK(client.close_code == 1000);
    CHECK(client.channels[kOutput] == "hello");
    CHECK(client.channels[kErrors] == "to stderr");
    REQUIRE_FALSE(client.order.empty());
    CHECK(client.order.back() == kStatus);
    if (protocol.starts_with("v"))
      CHECK(ParseEnd(client.channels[kStatus]).value() == 3);
    else
      CHECK(client.channels[kStatus] == "command terminated with non-zero exit code: exit code 3");
    const bool base64 = protocol.find("base64") != std::string::npos;
    CHECK((base64 ? client.binaries : client.texts) == 0);
    client.SendClose(1000);
    CHECK(client.UntilClosed());
  }
}

TEST_CASE("an empty message on the first channel that the client reads says that all is set up") {
  TestHouse house;
  const auto first = [&](const StdioRequest& stdio, const char* protocol) {
    Client client(house.Exec({"block"}, stdio), protocol);
    CHECK(client.Until([&] { return !client.order.empty(); }));
    return client.raw;
  };
  CHECK(first(kOutputs, "v4.channel.k8s.io") == "\1");
  CHECK(first({false, false, true, false}, "channel.k8s.io") == "\2");
  CHECK(first({true, false, false, false}, kV5) == "\3");
  CHECK(first(kOutputs, "base64.channel.k8s.io") == "1");
}

TEST_CASE("on success older subprotocols tell nothing, newer ones a status") {
  TestHouse house;
  for (const std::string protocol : kAll) {
    INFO(protocol);
    Client client(house.Exec({"echo", "x"}, kOutputs, Kind::kAttach), protocol);
    CHECK(client.Until([&] { return client.close_code != -1; }));
    if (protocol.starts_with("v"))
      CHECK(ParseEnd(client.channels[kStatus]).value() == 0);
    else
      CHECK(client.channels.count(kStatus) == 0);
  }
}

TEST_CASE("input comes back whole and in order in any subprotocol, v5's half-close ends the process") {
  TestHouse house;
  for (const std::string protocol : kAll) {
    INFO(protocol);
    Client client(house.Exec({"cat"}, kInputAndOutput), protocol);
    std::string sent;
    for (int i = 0; sent.size() < (1u << 20); ++i) {
      std::string piece(1 + i * 977 % 70'000, static_cast<char>(i));
      piece.back() = '\xff';
      client.SendChannel(kInput, piece);
      sent += piece;
      client.Until([&] { return client.channels[kOutput].size() + (32u << 10) >= sent.size(); });
    }
    CHECK(client.Until([&] { return client.channels[kOutput].size() == sent.size(); }));
    CHECK(client.channels[kOutput] == sent);
    if (protocol != kV5) continue;
    client.SendFrame(Client::kFin | Client::kBinary, std::string("\xff\0", 2));
    CHECK(client.Until([&] { return client.close_code != -1; }));
    CHECK(ParseEnd(client.channels[kStatus]).value() == 0);
  }
}

TEST_CASE("a message may come in any number of frames, with pings between them") {
  TestHouse house;
  Client client(house.Exec({"cat"}, kInputAndOutput), kV5);
  client.SendFrame(Client::kBinary, "");
  client.SendFrame(Client::kContinuation, std::string("\0", 1));
  client.SendFrame(Client::kFin | Client::kPing, "are you there");
  client.SendFrame(Client::kContinuation, "one ");
  client.SendFrame(Client::kContinuation, "");
  client.SendFrame(Client::kFin | Client::kContinuation, "message");
  client.SendFrame(Client::kFin | Client::kBinary, "");
  CHECK(client.Until([&] { return client.channels[kOutput].size() == 11; }));
  CHECK(client.channels[kOutput] == "one message");
  CHECK(client.pongs == std::vector<std::string>{"are you there"});
}

TEST_CASE("the size of a terminal arrives over a WebSocket") {
  TestHouse house;
  const StdioRequest terminal{true, true, false, true};
  for (const char* protocol : {kV5, "base64.channel.k8s.io"}) {
    Client client(house.Exec({"cat"}, terminal), protocol);
    house.traces.last_size = 0;
    client.SendChannel(kResize, "{\"Width\":1,\"Height\":1}\n{\"Width\":120,");
    client.SendChannel(kResize, "\"Height\":40}\n");
    CHECK(Eventually([&] { return house.traces.last_size == (120u << 16 | 40); }));
  }
}

TEST_CASE("a program that cannot be started is told on channel 3") {
  TestHouse house;
  Client client(house.Exec({"no-such-program"}, kOutputs), kV5);
  CHECK(client.Until([&] { return client.close_code != -1; }));
  CHECK(client.close_code == 1000);
  const Status why = ParseEnd(client.channels[kStatus]).status();
  CHECK(Message(why).find("executable file not found") != std::string::npos);
}

TEST_CASE("messages for channels the client does not write are passed over") {
  TestHouse house;
  Client client(house.Exec({"cat"}, kInputAndOutput), kV5);
  for (const char channel : {kOutput, kErrors, kStatus, kResize, char{5}, char{77}})
    client.SendChannel(channel, std::string(100'000, 'x'));
  client.SendChannel(kInput, "hello");
  CHECK(client.Until([&] { return client.channels[kOutput].size() == 5; }));
}

TEST_CASE("a WebSocket client that does not read slows the process down, and nothing is lost") {
  TestHouse house({.address = {"127.0.0.1", 0}, .pulse = std::chrono::milliseconds(20)});
  Client client(house.Exec({"flood"}, kInputAndOutput), kV5);
  uint64_t before = 0;
  int same = 0;
  CHECK(Eventually([&] {
    const uint64_t now = house.traces.written;
    same = now > 0 && now == before ? same + 1 : 0;
    before = now;
    return same == 25;
  }));
  CHECK(house.traces.written < (32u << 20));
  CHECK(client.Until([&] { return client.channels[kOutput].size() > (64u << 20); }));
}

TEST_CASE("behind input nobody reads a WebSocket client hears pongs, and its end is noticed") {
  TestHouse house({.address = {"127.0.0.1", 0}, .pulse = std::chrono::milliseconds(20)});
  Client client(house.Exec({"block"}, kInputAndOutput), kV5);
  for (int i = 0; i < 10; ++i) client.SendChannel(kInput, std::string(60'000, 'x'));
  CHECK(client.Until([&] { return !client.pongs.empty(); }));
  CHECK(house.traces.destroyed_early == 0);
  client.Close();
  CHECK(Eventually([&] { return house.traces.destroyed_early == 1; }));
}

TEST_CASE("a WebSocket client that vanishes or closes takes its process along") {
  TestHouse house;
  for (const char* program : {"block", "flood", "cat"}) {
    for (const bool politely : {false, true}) {
      const int before = house.traces.destroyed_early;
      Client client(house.Exec({program}, kInputAndOutput), kV5);
      client.Until([&] { return !client.order.empty(); });
      if (politely) client.SendClose(1000);
      if (politely) {
        CHECK(client.Until([&] { return client.close_code != -1; }));
        CHECK(client.close_code == 1000);
      }
      if (!politely) client.Close();
      CHECK(Eventually([&] { return house.traces.destroyed_early > before; }));
    }
  }
}

}  // namespace
}  // namespace jobpod::streaming
