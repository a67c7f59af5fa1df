#include "cri/streaming/websocket_test_client.hpp"

#include <catch2/catch.hpp>

#include "base/base64.hpp"
#include "cri/streaming/base64_reader.hpp"

namespace jobpod::streaming {
namespace {

uint64_t Number(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

void Append(std::string& out, uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

struct ServerFrame {
  int opcode = 0;
  std::string payload;
};

// Takes the next whole frame off `bytes` (RFC 6455, 5.2). A server's are not masked and, here, whole
// messages.
std::optional<ServerFrame> TakeFrame(std::string& bytes) {
  if (bytes.size() < 2) return std::nullopt;
  CHECK((bytes[0] & 0xf0) == WebSocketTestClient::kFin);
  CHECK((bytes[1] & 0x80) == 0);
  const uint8_t first = bytes[1] & 0x7f;
  const size_t more = first == 126 ? 2 : first == 127 ? 8 : 0, head = 2 + more;
  if (bytes.size() < head) return std::nullopt;
  const uint64_t length = more == 0 ? first : Number(bytes.substr(2, more));
  if (bytes.size() < head + length) return std::nullopt;
  ServerFrame frame{bytes[0] & 0x0f, bytes.substr(head, length)};
  bytes.erase(0, head + length);
  return frame;
}

int CodeIn(const std::string& payload) {
  return payload.empty() ? 0 : static_cast<int>(Number(payload.substr(0, 2)));
}

}  // namespace

std::string WebSocketFrame(uint8_t head, std::string_view payload) {
  constexpr char kMask[] = {0x11, 0x22, 0x33, 0x44};
  std::string frame(1, static_cast<char>(head));
  const size_t size = payload.size();
  frame.push_back(static_cast<char>(0x80 | (size < 126 ? size : size < 65536 ? 126 : 127)));
  if (size >= 126) Append(frame, size, size < 65536 ? 2 : 8);
  frame.append(kMask, 4);
  for (size_t i = 0; i < size; ++i) frame.push_back(static_cast<char>(payload[i] ^ kMask[i % 4]));
  return frame;
}

WebSocketTestClient::WebSocketTestClient(const std::string& url, const std::string& protocols)
    : TestClient(url), base64_(protocols.find("base64") != std::string::npos) {
  answer = Request(WebSocketRequest(url, protocols));
}

void WebSocketTestClient::SendClose(uint16_t code) {
  std::string payload;
  Append(payload, code, 2);
  SendFrame(kFin | kClose, payload);
}

void WebSocketTestClient::SendChannel(char channel, std::string_view bytes) {
  std::string message(1, static_cast<char>(base64_ ? '0' + channel : channel));
  if (base64_)
    AppendBase64(bytes, message);
  else
    message += bytes;
  SendFrame(kFin | (base64_ ? kText : kBinary), message);
}

bool WebSocketTestClient::Until(const std::function<bool()>& condition) {
  return ReadUntil([&] {
    TakeFrames();
    return condition();
  });
}

void WebSocketTestClient::TakeFrames() {
  while (const auto frame = TakeFrame(received)) {
    CHECK(close_code == -1);
    texts += frame->opcode == kText;
    binaries += frame->opcode == kBinary;
    if (frame->opcode == kText || frame->opcode == kBinary) TakeMessage(frame->payload);
    if (frame->opcode == kPong) pongs.push_back(frame->payload);
    if (frame->opcode == kClose) close_code = CodeIn(frame->payload);
  }
}

void WebSocketTestClient::TakeMessage(std::string_view payload) {
  raw += payload;
  REQUIRE_FALSE(payload.empty());
  const int channel = base64_ ? payload[0] - '0' : payload[0];
  order.push_back(channel);
  std::string& bytes = channels[channel];
  if (!base64_) {
    bytes += payload.substr(1);
    return;
  }
  Base64Reader reader;
  CHECK(reader.Feed(payload.substr(1), bytes));
  CHECK(reader.Finish());
}

TunnelTestClient::TunnelTestClient(const std::string& url) : SpdyTestClient(url) {
  TestClient::Send(WebSocketRequest(url, "SPDY/3.1+portforward.k8s.io"));
  ReadUntil([&] { return received.find("\r\n\r\n") != std::string::npos; });
  const size_t end = std::min(received.find("\r\n\r\n"), received.size() - 4) + 4;
  answer = received.substr(0, end);
  upgraded_ = true;
  Take(std::exchange(received, "").substr(end));
}

void TunnelTestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, 1000);
    bytes.remove_prefix(piece.size());
    const std::string empty = WebSocketFrame(WebSocketTestClient::kFin | WebSocketTestClient::kBinary, "");
    TestClient::Send(empty + WebSocketFrame(WebSocketTestClient::kFin | WebSocketTestClient::kBinary, piece));
  }
}

void TunnelTestClient::Take(std::string_view bytes) {
  if (!upgraded_) return SpdyTestClient::Take(bytes);
  frames_ += bytes;
  while (const auto frame = TakeFrame(frames_)) {
    if (frame->opcode == WebSocketTestClient::kBinary) received += frame->payload;
    if (frame->opcode == WebSocketTestClient::kClose) close_code = CodeIn(frame->payload);
  }
}

}  // namespace jobpod::streaming
