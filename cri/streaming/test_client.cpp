#include "cri/streaming/test_client.hpp"

#include <boost/asio/write.hpp>

#include <catch2/catch.hpp>
#include <chrono>

#include "base/text.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;

constexpr std::chrono::seconds kPatience{60};

// "http://127.0.0.1:PORT/PATH" → PORT, /PATH.
uint16_t PortOf(const std::string& url) {
  return static_cast<uint16_t>(std::stoi(url.substr(url.find(':', 7) + 1)));
}
std::string PathOf(const std::string& url) {
  return url.substr(url.find('/', 7));
}

}  // namespace

TestClient::TestClient(const std::string& url) {
  socket_.connect({net::ip::address_v4::loopback(), PortOf(url)});
}

void TestClient::Send(std::string_view bytes) {
  Error result = net::error::timed_out;
  net::async_write(socket_, net::buffer(bytes), [&](const Error& error, size_t) { result = error; });
  io_.restart();
  io_.run_for(kPatience);
  INFO(result.message());
  CHECK_FALSE(result == net::error::timed_out);
}

bool TestClient::ReadUntil(const std::function<bool()>& condition) {
  std::string piece(64u << 10, '\0');
  while (!condition()) {
    Error result = net::error::timed_out;
    size_t size = 0;
    socket_.async_read_some(net::buffer(piece), [&](const Error& error, size_t bytes) {
      result = error;
      size = bytes;
    });
    io_.restart();
    io_.run_for(kPatience);
    REQUIRE_FALSE(result == net::error::timed_out);
    if (result) return false;
    Take(std::string_view(piece).substr(0, size));
  }
  return true;
}

std::string TestClient::Request(const std::string& text) {
  Send(text);
  ReadUntil([&] { return received.find("\r\n\r\n") != std::string::npos; });
  const size_t end = std::min(received.find("\r\n\r\n"), received.size() - 4) + 4;
  const std::string head = received.substr(0, end);
  received.erase(0, end);
  return head;
}

std::string TestClient::SpdyRequest(const std::string& url, const std::vector<std::string>& protocols) {
  std::string text = Concat("POST ", PathOf(url), " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n",
                            "Upgrade: SPDY/3.1\r\nContent-Length: 0\r\n");
  for (const std::string& protocol : protocols)
    text += Concat("X-Stream-Protocol-Version: ", protocol, "\r\n");
  return text + "\r\n";
}

std::string TestClient::WebSocketRequest(const std::string& url, const std::string& protocols) {
  std::string text = Concat("GET ", PathOf(url), " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\n",
                            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
                            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  if (!protocols.empty()) text += Concat("Sec-WebSocket-Protocol: ", protocols, "\r\n");
  return text + "\r\n";
}

SpdyTestClient::SpdyTestClient(const std::string& url, const std::vector<std::string>& protocols)
    : TestClient(url) {
  answer = Request(SpdyRequest(url, protocols));
}

uint32_t SpdyTestClient::Open(const SpdyHeaders& headers, uint8_t flags) {
  std::string payload, frame;
  const uint32_t id = std::exchange(next_id_, next_id_ + 2);
  AppendNumber(payload, id);
  AppendNumber(payload, 0);
  payload.append(2, '\0');
  AppendControl(frame, FrameType::kSynStream, flags, payload + writer_.Write(headers));
  Send(frame);
  return id;
}

void SpdyTestClient::SendData(uint32_t id, std::string_view bytes, bool finish) {
  std::string frame;
  AppendDataHead(frame, id, finish ? kFlagFin : 0, bytes.size());
  Send(frame.append(bytes));
}

void SpdyTestClient::SendReset(uint32_t id) {
  std::string frame;
  AppendReset(frame, id, ResetReason::kCancel);
  Send(frame);
}

bool SpdyTestClient::Until(const std::function<bool()>& condition) {
  return ReadUntil([&] {
    TakeFrames();
    return condition();
  });
}

void SpdyTestClient::TakeFrames() {
  while (received.size() >= kFrameHeadBytes) {
    const FrameHead head = ParseFrameHead(received);
    if (received.size() < kFrameHeadBytes + head.length) return;
    const std::string payload = received.substr(kFrameHeadBytes, head.length);
    received.erase(0, kFrameHeadBytes + head.length);
    if (head.control) {
      TakeControl(head, payload);
      continue;
    }
    Seen& stream = streams[head.stream_id];
    CHECK_FALSE(stream.finished);
    stream.data += payload;
    stream.finished = (head.flags & kFlagFin) != 0;
    if (stream.finished) finishes.push_back(head.stream_id);
  }
}

void SpdyTestClient::TakeControl(const FrameHead& head, std::string_view payload) {
  CHECK(head.version == 3);
  const auto type = static_cast<FrameType>(head.type);
  if (type == FrameType::kSynReply) {
    CHECK(reader_.Read(payload.substr(4)).ok());
    streams[ReadNumber(payload)].replied = true;
  } else if (type == FrameType::kRstStream) {
    streams[ReadNumber(payload)].reset = true;
  } else if (type == FrameType::kPing) {
    pings.push_back(ReadNumber(payload));
  } else if (type == FrameType::kGoAway) {
    go_away = static_cast<int>(ReadNumber(payload.substr(4)));
  } else {
    FAIL("a frame no client expects: type " << head.type);
  }
}

}  // namespace jobpod::streaming
