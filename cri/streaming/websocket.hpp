// One WebSocket connection (RFC 6455), by Boost.Beast: messages that come in pieces, whole messages that are
// sent, the closing handshake. Without compression.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "cri/streaming/upgrade.hpp"

namespace jobpod::streaming {

// Why a connection is closed (RFC 6455, 7.4.1).
enum class CloseCode : uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,
  kUnsupportedData = 1003,
  kInvalidPayload = 1007,
};

// Not thread-safe: on the socket's executor. Handlers never run inside a call; each operation keeps the
// connection until its handler has run. At most one Read and one Write may be under way.
class WebSocket {
 public:
  using Error = boost::system::error_code;
  using Handler = std::function<void(const Error& error)>;
  // `last`: the message ends behind these bytes, which may be none.
  using ReadHandler = std::function<void(const Error& error, size_t bytes, bool last)>;

  // A message larger than this ends the connection with 1009. It may be sent in any number of frames.
  static constexpr size_t kLargestMessage = 32u << 20;

  virtual ~WebSocket() = default;

  // Answers the upgrade with 101, or with an error when the request is not valid. Nothing else before it has
  // succeeded. Fails with timed_out after `timeout`.
  virtual void Accept(const HttpRequest& request, const std::string& subprotocol,
                      std::chrono::milliseconds timeout, Handler handler) = 0;

  // eof when the client has closed, by a close frame or without one. Another error when it broke the protocol
  // and has been told the code.
  virtual void Read(boost::asio::mutable_buffer buffer, ReadHandler handler) = 0;
  // Of the message whose piece was read last.
  virtual bool is_text() const = 0;

  // One message of the two parts; the buffers stay alive until the handler runs.
  virtual void Write(boost::asio::const_buffer head, boost::asio::const_buffer body, bool text,
                     Handler handler) = 0;
  // A pong nobody asked for (5.5.3): a client that waits for one knows that we live, and a host whose client
  // is gone answers with a reset, which fails this one or the next. Dropped while another is under way.
  virtual void Pong(Handler handler) = 0;

  // The orderly end, behind a Write that is under way: a close frame, unless one was sent already; then
  // whatever the client sends is dropped until it closes, too, for no longer than `linger`. `closed` runs
  // once, or never when Abort comes first. Idempotent: the first call counts.
  virtual void Close(CloseCode code, std::chrono::milliseconds linger, std::function<void()> closed) = 0;
  // Ends at once. What is under way ends with an error. Idempotent.
  virtual void Abort() = 0;
};

using WebSocketPointer = std::shared_ptr<WebSocket>;

WebSocketPointer MakeWebSocket(boost::asio::ip::tcp::socket socket);

}  // namespace jobpod::streaming
