// A raw WebSocket client for tests: frames as the test wants them, and what it has seen of each channel.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cri/streaming/test_client.hpp"

namespace jobpod::streaming {

// One frame, masked as a client's must be.
std::string WebSocketFrame(uint8_t head, std::string_view payload);

class WebSocketTestClient : public TestClient {
 public:
  static constexpr uint8_t kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10;
  static constexpr uint8_t kFin = 0x80;

  // Upgrades; `answer` is the server's.
  WebSocketTestClient(const std::string& url, const std::string& protocols);
  std::string answer;

  void SendFrame(uint8_t head, std::string_view payload) { Send(WebSocketFrame(head, payload)); }
  void SendClose(uint16_t code);
  // A message for a channel, as the subprotocol has it.
  void SendChannel(char channel, std::string_view bytes);

  // Reads and takes frames apart until `condition` holds. False when the server closes first.
  bool Until(const std::function<bool()>& condition);
  bool UntilClosed() {
    return !Until([] { return false; });
  }

  std::map<int, std::string> channels;  // what came on each
  std::vector<int> order;               // the channel of each message
  std::string raw;                      // the payloads of all messages, with their channels
  std::vector<std::string> pongs;
  int close_code = -1;  // of the server's close frame; 0 when it had none
  int texts = 0, binaries = 0;

 private:
  void TakeFrames();
  void TakeMessage(std::string_view payload);

  const bool base64_;
};

// A SPDY client whose bytes travel in a WebSocket's messages, cut and glued together as they should not
// matter.
class TunnelTestClient : public SpdyTestClient {
 public:
  explicit TunnelTestClient(const std::string& url);
  void Send(std::string_view bytes) override;
  int close_code = -1;  // of the server's close frame

 protected:
  void Take(std::string_view bytes) override;

 private:
  std::string frames_;
  bool upgraded_ = false;
};

}  // namespace jobpod::streaming
