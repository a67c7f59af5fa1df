// Requests that are refused: tokens, upgrades, subprotocols, what is no HTTP, and too many at a time.
#include "cri/streaming/test_house.hpp"
#include "cri/streaming/websocket_test_client.hpp"

namespace jobpod::streaming {
namespace {

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

// The code of the answer's first line; 0 when the server closes without one.
int CodeOf(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

// Asks and is left.
struct Refused {
  Refused(const std::string& url, const std::string& request) {
    TestClient client(url);
    head = client.Request(request);
    CHECK(client.ReadUntilClosed());
    page = client.received;
  }
  int code() const { return CodeOf(head); }
  std::string head, page;
};

TEST_CASE("a forged, used or old token and one for another purpose find nothing") {
  TestHouse house;
  const std::string url = house.Exec({"echo", "x"}, kOutputs);
  const std::string request = TestClient::SpdyRequest(url, kNewest);
  CHECK(Refused(url, Replaced(request, "/exec/", "/attach/")).code() == 404);
  CHECK(Refused(url, Replaced(request, "/exec/", "/exec/0")).code() == 404);
  CHECK(Refused(url, Replaced(request, "/exec/", "/")).code() == 404);
  CHECK(Refused(url, Replaced(request, "/exec/", "/exec/../exec/")).code() == 404);
  CHECK(CodeOf(SpdyTestClient(url, kNewest).answer) == 101);
  const Refused again(url, request);
  CHECK(again.code() == 404);
  CHECK(again.page.find("used already") != std::string::npos);
  CHECK(CodeOf(WebSocketTestClient(url, "v4.channel.k8s.io").answer) == 404);

  TestHouse forgetful({.address = {"127.0.0.1", 0}, .token_lifetime = std::chrono::milliseconds(0)});
  CHECK(CodeOf(SpdyTestClient(forgetful.Exec({"echo", "x"}, kOutputs), kNewest).answer) == 404);
}

TEST_CASE("an attempt uses the token up, whatever becomes of it") {
  TestHouse house;
  const std::string url = house.Exec({"echo", "x"}, kOutputs);
  CHECK(Refused(url, TestClient::SpdyRequest(url, {"v9.channel.k8s.io"})).code() == 403);
  CHECK(Refused(url, TestClient::SpdyRequest(url, kNewest)).code() == 404);
  CHECK(house.traces.started == 0);
}

TEST_CASE("requests without a proper upgrade are told what to send") {
  TestHouse house;
  const auto code = [&](bool socket, std::string_view what, std::string_view by) {
    const std::string url = house.Exec({"echo", "x"}, kOutputs);
    const std::string request = socket ? TestClient::WebSocketRequest(url, "v5.channel.k8s.io")
                                       : TestClient::SpdyRequest(url, kNewest);
    return Refused(url, Replaced(request, what, by)).code();
  };
  CHECK(code(false, "Upgrade: SPDY/3.1\r\n", "") == 400);
  CHECK(code(false, "Connection: Upgrade\r\n", "") == 400);
  CHECK(code(false, "SPDY/3.1", "SPDY/4") == 400);
  CHECK(code(false, "POST", "PUT") == 405);
  CHECK(code(false, "X-Stream-Protocol-Version: v5.channel.k8s.io\r\nX-Stream", "X-Other") == 400);
  CHECK(code(false, "HTTP/1.1", "HTTP/7.1") == 400);
  CHECK(code(false, "Content-Length: 0", "Content-Length: 99999") == 400);
  CHECK(code(true, "Upgrade: websocket\r\n", "") == 400);
  CHECK(code(true, "Connection: Upgrade\r\n", "") == 400);
  CHECK(code(true, "GET", "POST") == 400);
  CHECK(code(true, "Sec-WebSocket-Version: 13\r\n", "") == 400);
  CHECK(code(true, "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8") == 426);
  CHECK(code(true, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "") == 400);
  CHECK(code(true, "\r\n\r\n", "\r\n\r\n\x82\x80") == 400);  // a frame before the answer
  CHECK(house.traces.started == 0);
}

TEST_CASE("unknown subprotocols are refused with those that are known") {
  TestHouse house;
  const std::string exec = house.Exec({"echo", "x"}, kOutputs), forward = house.Forward();
  const Refused spdy(exec, TestClient::SpdyRequest(exec, {"v5.channel.k8s.io", "portforward.k8s.io"}));
  CHECK(spdy.code() == 403);
  for (const char* known : {"v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"})
    CHECK(spdy.head.find(Concat("X-Accepted-Stream-Protocol-Versions: ", known, "\r\n")) !=
          std::string::npos);
  CHECK(spdy.page.find("v5.channel.k8s.io") != std::string::npos);
  const Refused socket(forward,
                       TestClient::WebSocketRequest(forward, "portforward.k8s.io, v5.channel.k8s.io"));
  CHECK(socket.code() == 403);
  CHECK(socket.head.find("SPDY/3.1+portforward.k8s.io") != std::string::npos);
}

TEST_CASE("what is no HTTP, or too much of it, is refused, and the refusal arrives") {
  TestHouse house;
  const std::string url = house.Exec({"echo", "x"}, kOutputs);
  CHECK(Refused(url, "garbage\r\n\r\n").code() == 400);
  CHECK(Refused(url, std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n").code() ==
        400);
  CHECK(Refused(url, "GET / HTTP/1.1\r\nX: " + std::string(4u << 20, 'x') + "\r\n\r\n").code() == 400);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 20'000; ++i) many += "X: y\r\n";
  CHECK(Refused(url, many + "\r\n").code() == 400);
  TestClient cut(url);
  cut.Send("POST /exec/00 HTT");
  cut.StopSending();
  CHECK(cut.ReadUntilClosed());
}

TEST_CASE("a thousand clients that say nothing or half a word keep nobody from being served") {
  TestHouse house;
  std::vector<std::unique_ptr<TestClient>> silent;
  const std::string url = house.Exec({"echo", "x"}, kOutputs);
  for (int i = 0; i < 1000; ++i) {
    silent.push_back(std::make_unique<TestClient>(url));
    if (i % 2 == 0) silent.back()->Send("POST /exec/0000 HTTP/1.1\r\nHost: ");
  }
  SpdyTestClient client(url, kNewest);
  const uint32_t error = client.Open({{"streamtype", "error"}}),
                 output = client.Open({{"streamtype", "stdout"}}),
                 errors = client.Open({{"streamtype", "stderr"}});
  CHECK(client.UntilClosed());
  CHECK(client.streams[output].data == "x");
  CHECK(client.streams[errors].finished);
  CHECK(client.streams[error].finished);
}

TEST_CASE("clients that say nothing are sent away in time, and the oldest for new ones when they are many") {
  TestHouse quick({.address = {"127.0.0.1", 0}, .request_timeout = std::chrono::milliseconds(20)});
  TestClient silent(quick.Exec({"echo", "x"}, kOutputs));
  CHECK(silent.ReadUntilClosed());

  TestHouse small({.address = {"127.0.0.1", 0}, .max_visitors = 10});
  const std::string url = small.Exec({"echo", "x"}, kOutputs);
  std::vector<std::unique_ptr<TestClient>> many;
  for (int i = 0; i < 50; ++i) many.push_back(std::make_unique<TestClient>(url));
  CHECK(many.front()->ReadUntilClosed());
  CHECK(CodeOf(SpdyTestClient(url, kNewest).answer) == 101);
}

}  // namespace
}  // namespace jobpod::streaming
