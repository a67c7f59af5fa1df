// A raw client of the streaming server for tests: an HTTP request, then SPDY frames as the test wants them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cri/streaming/spdy_frame.hpp"
#include "cri/streaming/spdy_headers.hpp"

namespace jobpod::streaming {

// Blocks; every wait has a deadline, after which the test fails.
class TestClient {
 public:
  // Connects to the host and port of `url`.
  explicit TestClient(const std::string& url);
  virtual ~TestClient() = default;

  virtual void Send(std::string_view bytes);
  // Reads until `condition` holds. False when the server closes first.
  bool ReadUntil(const std::function<bool()>& condition);
  bool ReadUntilClosed() {
    return !ReadUntil([] { return false; });
  }
  // The other side gets a FIN, or a reset when it has sent what was not read.
  void Close() { socket_.close(); }
  void StopSending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

  // The whole answer to an HTTP request; what follows its head stays for what comes next.
  std::string Request(const std::string& text);
  static std::string SpdyRequest(const std::string& url, const std::vector<std::string>& protocols);
  static std::string WebSocketRequest(const std::string& url, const std::string& protocols);

  std::string received;  // not yet taken apart

 protected:
  // What has come from the server.
  virtual void Take(std::string_view bytes) { received += bytes; }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
};

// A SPDY client on top: what it has seen of each stream and of the session.
class SpdyTestClient : public TestClient {
 public:
  // Upgrades; `answer` is the server's.
  SpdyTestClient(const std::string& url, const std::vector<std::string>& protocols);
  std::string answer;

  uint32_t Open(const SpdyHeaders& headers, uint8_t flags = 0);
  void SendData(uint32_t id, std::string_view bytes, bool finish = false);
  void SendReset(uint32_t id);
  // Reads and takes frames apart until `condition` holds. False when the server closes first.
  bool Until(const std::function<bool()>& condition);
  bool UntilClosed() {
    return !Until([] { return false; });
  }

  struct Seen {
    std::string data;
    bool replied = false, finished = false, reset = false;
  };
  std::map<uint32_t, Seen> streams;
  std::vector<uint32_t> pings;
  int go_away = -1;                // its reason
  std::vector<uint32_t> finishes;  // ids in the order of their ends

 protected:
  explicit SpdyTestClient(const std::string& url) : TestClient(url) {}

 private:
  void TakeFrames();
  void TakeControl(const FrameHead& head, std::string_view payload);

  HeaderWriter writer_;
  HeaderReader reader_;
  uint32_t next_id_ = 1;
};

}  // namespace jobpod::streaming
