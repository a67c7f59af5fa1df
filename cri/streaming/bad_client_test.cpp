// Clients that break the protocol they have chosen, and clients that leave at any moment: each ends its own
// connection, with the protocol's own error, and its own process.
#include "cri/streaming/spdy_parser.hpp"
#include "cri/streaming/status_json.hpp"
#include "cri/streaming/test_deflater.hpp"
#include "cri/streaming/test_descriptors.hpp"
#include "cri/streaming/test_house.hpp"
#include "cri/streaming/websocket_test_client.hpp"

namespace jobpod::streaming {
namespace {

using Socket = WebSocketTestClient;
constexpr const char* kV5 = "v5.channel.k8s.io";

std::string Control(uint16_t type, std::string_view payload, uint8_t flags = 0) {
  std::string frame;
  AppendControl(frame, static_cast<FrameType>(type), flags, payload);
  return frame;
}

std::string Numbers(std::initializer_list<uint32_t> numbers) {
  std::string out;
  for (const uint32_t number : numbers) AppendNumber(out, number);
  return out;
}

// A SYN_STREAM whose block comes from a writer of its own: good as the first of a connection.
std::string FirstSyn(uint32_t id, const SpdyHeaders& headers) {
  return Control(1, Numbers({id, 0}) + std::string(2, '\0') + HeaderWriter().Write(headers));
}

std::string DataHead(uint32_t id, uint32_t length) {
  std::string head;
  AppendDataHead(head, id, 0, length);
  return head;
}

// 15 MB in less than 16 KiB.
std::string Bomb() {
  const std::string bomb = Deflater().Block(Plain({{"a", std::string(15u << 20, 'x')}}));
  REQUIRE(bomb.size() < SpdyParser::kLargestControl - 10);
  return bomb;
}

TEST_CASE("a SPDY client that breaks the protocol gets GOAWAY with its error, and its process ends") {
  TestHouse house;
  const std::string bad[] = {
      Control(77, "1234"),                                 // unknown type
      Control(3, "123"),                                   // too short
      Control(4, std::string(20'000, 'x')),                // too long
      std::string("\x80\x02\0\6\0\0\0\4\0\0\0\1", 12),     // SPDY/2
      Control(8, Numbers({1}) + "not compressed"),         // a header block that is none
      Control(1, Numbers({4, 0}) + std::string(2, '\0')),  // an even id
      Control(1, Numbers({1, 0}) + std::string(2, '\0')),  // an id behind a larger one
      Control(1, Numbers({0, 0}) + std::string(2, '\0')),  // no id
      DataHead(99, 3) + "abc",                             // data on a stream that was never opened
      DataHead(2, 0),                                      // data on one of ours
  };
  for (const std::string& frame : bad) {
    INFO("frame " << (&frame - bad));
    const int before = house.traces.destroyed_early;
    SpdyTestClient client(house.Exec({"block"}, {false, true, false, false}), kNewest);
    client.Open({{"streamtype", "error"}});
    client.Open({{"streamtype", "stdout"}});
    CHECK(Eventually([&] { return house.traces.alive == 1; }));
    client.Send(frame);
    CHECK(client.UntilClosed());
    CHECK(client.go_away == 1);
    CHECK(Eventually([&] { return house.traces.destroyed_early == before + 1; }));
  }
  CHECK(house.traces.alive == 0);
}

TEST_CASE("the first frame may be the bad one") {
  TestHouse house;
  for (const std::string& frame :
       {FirstSyn(2, {}), Control(1, Numbers({1, 0}) + std::string(2, '\0') + Bomb()),
        Control(1, Numbers({1, 0}) + std::string(1, '\0')), std::string("GET / HTTP/1.1\r\n\r\n")}) {
    SpdyTestClient client(house.Exec({"block"}, kOutputs), kNewest);
    client.Send(frame);
    client.StopSending();
    CHECK(client.UntilClosed());
  }
  CHECK(house.traces.started == 0);
}

TEST_CASE("a broken WebSocket frame gets the close code that RFC 6455 has for it, and its process ends") {
  TestHouse house;
  constexpr uint8_t kText = Socket::kFin | Socket::kText, kBinary = Socket::kFin | Socket::kBinary;
  const std::string huge("\x82\xff\0\0\0\0\x7f\xff\xff\xff\1\2\3\4", 14);
  const struct {
    std::string frame;
    int code;
    const char* protocol = kV5;
  } bad[] = {
      {std::string("\x82\x03\0ab", 5), 1002},                             // not masked
      {WebSocketFrame(Socket::kFin | 3, "x"), 1002},                      // an opcode that there is not
      {WebSocketFrame(kBinary | 0x40, "x"), 1002},                        // a reserved bit
      {WebSocketFrame(Socket::kFin | Socket::kContinuation, "x"), 1002},  // continues nothing
      {WebSocketFrame(Socket::kPing, "x"), 1002},                         // a control frame in pieces
      {WebSocketFrame(Socket::kFin | Socket::kPing, std::string(126, 'x')), 1002},
      {WebSocketFrame(Socket::kFin | Socket::kClose, "x"), 1002},  // half a code
      {huge, 1009},
      {WebSocketFrame(kText, "\1\xff\xfe"), 1007},  // no UTF-8
      {WebSocketFrame(kBinary, "\xff"), 1007},      // ends no channel
      {WebSocketFrame(kBinary, "\xff\7"), 1007},    // a channel that there is not
      {WebSocketFrame(kBinary, std::string("\xff\0\0", 3)), 1007},
      {WebSocketFrame(kText, "0QUJ"), 1007, "base64.channel.k8s.io"},  // cut off
      {WebSocketFrame(kText, "0QU%D"), 1007, "v4.base64.channel.k8s.io"},
      {WebSocketFrame(kText, "0QQ==QUJD"), 1007, "v4.base64.channel.k8s.io"},
  };
  for (const auto& [frame, code, protocol] : bad) {
    INFO("a frame of " << frame.size() << " bytes, code " << code);
    const int before = house.traces.destroyed_early;
    Socket client(house.Exec({"block"}, kInputAndOutput), protocol);
    CHECK(client.Until([&] { return !client.order.empty(); }));
    CHECK(Eventually([&] { return house.traces.alive == 1; }));
    client.Send(frame);
    client.StopSending();
    CHECK(client.UntilClosed());
    CHECK(client.close_code == code);
    CHECK(Eventually([&] { return house.traces.destroyed_early == before + 1; }));
  }
}

TEST_CASE("a client that broke the protocol and stays is left after a while") {
  TestHouse house({.address = {"127.0.0.1", 0}, .linger = std::chrono::milliseconds(50)});
  constexpr size_t kServerSide = 5;  // the connection and both ends of two pipes
  const auto left = [&](TestClient& client, const std::string& frame) {
    CHECK(Eventually([&] { return house.traces.alive == 1; }));
    const size_t with = OpenDescriptors();
    client.Send(frame);
    CHECK(Eventually([&] { return OpenDescriptors() <= with - kServerSide; }));
  };
  Socket socket(house.Exec({"block"}, kOutputs), kV5);
  left(socket, WebSocketFrame(Socket::kFin | 3, "x"));
  SpdyTestClient spdy(house.Exec({"block"}, kOutputs), kNewest);
  for (const char* type : {"error", "stdout", "stderr"}) spdy.Open({{"streamtype", type}});
  left(spdy, Control(77, "1234"));
}

TEST_CASE("streams may come in any order; those nobody asked for are reset alone") {
  TestHouse house;
  SpdyTestClient client(house.Exec({"echo", "x"}, kOutputs), kNewest);
  const uint32_t errors = client.Open({{"streamtype", "stderr"}}),
                 unknown = client.Open({{"streamtype", "what"}}), none = client.Open({}),
                 input = client.Open({{"streamtype", "stdin"}}),
                 output = client.Open({{"streamtype", "stdout"}}),
                 twice = client.Open({{"streamtype", "stdout"}}),
                 resize = client.Open({{"streamtype", "resize"}}),
                 error = client.Open({{"streamtype", "error"}});
  CHECK(client.UntilClosed());
  for (const uint32_t id : {unknown, none, input, twice, resize}) CHECK(client.streams[id].reset);
  CHECK(client.streams[output].data == "x");
  CHECK(client.streams[errors].data == "to stderr");
  CHECK(ParseEnd(client.streams[error].data).value() == 3);
}

TEST_CASE("a client that does not open all its streams in time is sent away, nothing starts") {
  TestHouse house({.address = {"127.0.0.1", 0}, .stream_timeout = std::chrono::milliseconds(30)});
  for (const int opened : {0, 1, 2}) {
    SpdyTestClient client(house.Exec({"echo", "x"}, kOutputs), kNewest);
    if (opened > 0) client.Open({{"streamtype", "error"}});
    if (opened > 1) client.Open({{"streamtype", "stdout"}});
    CHECK(client.UntilClosed());
    CHECK(client.go_away == 0);
  }
  CHECK(house.traces.started == 0);
}

TEST_CASE("a stream too many is refused alone") {
  TestHouse house;
  SpdyTestClient client(house.Forward(), {"portforward.k8s.io"});
  const auto open = [&](int request) {
    return client.Open({{"port", "1"}, {"requestid", std::to_string(request)}, {"streamtype", "data"}});
  };
  const uint32_t first = open(0);
  for (int i = 1; i < 1000; ++i) open(i);
  const uint32_t last = open(1000);
  CHECK(client.Until([&] { return client.streams[last].reset; }));
  CHECK_FALSE(client.streams[first].reset);
  CHECK_FALSE(client.streams[last].replied);
}

// All that a well-behaved client sends from its first byte on.
std::string SpdyConversation(const std::string& url) {
  std::string bytes = TestClient::SpdyRequest(url, kNewest);
  HeaderWriter writer;
  uint32_t id = 1;
  for (const char* type : {"error", "stdin", "stdout"}) {
    bytes += Control(1, Numbers({id, 0}) + std::string(2, '\0') + writer.Write({{"streamtype", type}}));
    id += 2;
  }
  bytes += DataHead(3, 100) + std::string(100, 'x');
  AppendPing(bytes, 1);
  AppendDataHead(bytes, 3, kFlagFin, 0);
  return bytes;
}

std::string SocketConversation() {
  std::string bytes;
  for (const std::string& message :
       {std::string("\0hello", 6), std::string(200, '\0'), std::string("\xff\0", 2)})
    bytes += WebSocketFrame(Socket::kFin | Socket::kBinary, message);
  return bytes + WebSocketFrame(Socket::kFin | Socket::kPing, "p");
}

TEST_CASE("a client that vanishes behind any byte, with or without a farewell, leaves nothing behind") {
  TestHouse house;
  const size_t before = OpenDescriptors();
  const auto at_each = [&](const std::function<std::pair<std::unique_ptr<TestClient>, std::string>()>& make) {
    for (size_t cut = 0, size = 1; cut <= size; cut += 3) {
      const auto [client, bytes] = make();
      size = bytes.size();
      client->Send(std::string_view(bytes).substr(0, cut));
      if (cut % 2 == 0) client->StopSending();
      if (cut % 4 == 0) client->ReadUntilClosed();
      client->Close();
    }
  };
  at_each([&] {
    const std::string url = house.Exec({"cat"}, kInputAndOutput);
    return std::pair(std::make_unique<TestClient>(url), SpdyConversation(url));
  });
  at_each([&] {
    const std::string url = house.Exec({"cat"}, kInputAndOutput);
    return std::pair(std::make_unique<TestClient>(url), TestClient::WebSocketRequest(url, kV5));
  });
  at_each([&]() -> std::pair<std::unique_ptr<TestClient>, std::string> {
    const std::string url = house.Exec({"cat"}, kInputAndOutput);
    return {std::make_unique<Socket>(url, kV5), SocketConversation()};
  });
  CHECK(house.traces.started > 50);
  CHECK(Eventually([&] { return house.traces.alive == 0; }));
  CHECK(Eventually([&] { return OpenDescriptors() <= before; }));
}

TEST_CASE("a server that stops says goodbye and lets go of every process") {
  TestHouse house;
  SpdyTestClient spdy(house.Exec({"block"}, kOutputs), kNewest);
  for (const char* type : {"error", "stdout", "stderr"}) spdy.Open({{"streamtype", type}});
  Socket socket(house.Exec({"flood"}, kOutputs), kV5);
  CHECK(Eventually([&] { return house.traces.alive == 2; }));
  house.server->Stop();
  CHECK(house.traces.alive == 0);
  CHECK(spdy.UntilClosed());
  CHECK(spdy.go_away == 0);
  socket.UntilClosed();
}

TEST_CASE("a connection on which nothing happens for too long is ended") {
  ServerConfig config{.address = {"127.0.0.1", 0}};
  config.idle_timeout = config.pulse = config.linger = std::chrono::milliseconds(30);
  TestHouse house(config);
  SpdyTestClient spdy(house.Exec({"block"}, kOutputs), kNewest);
  for (const char* type : {"error", "stdout", "stderr"}) spdy.Open({{"streamtype", type}});
  CHECK(spdy.UntilClosed());
  CHECK(spdy.go_away == 0);
  Socket socket(house.Exec({"block"}, kOutputs), kV5);
  CHECK(socket.UntilClosed());
  CHECK(socket.close_code == 1001);
  CHECK(Eventually([&] { return house.traces.alive == 0; }));
}

}  // namespace
}  // namespace jobpod::streaming
