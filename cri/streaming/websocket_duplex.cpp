#include "cri/streaming/websocket_duplex.hpp"

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;

class WebSocketDuplex final : public Duplex {
 public:
  WebSocketDuplex(WebSocketPointer socket, std::chrono::milliseconds linger)
      : socket_(std::move(socket)), linger_(linger) {}
  ~WebSocketDuplex() override { Abort(); }

  void Read(net::mutable_buffer buffer, Handler handler) override {
    ReadFrom(socket_, buffer, linger_, std::move(handler));
  }
  void Write(net::const_buffer buffer, Handler handler) override {
    socket_->Write({}, buffer, false,
                   [size = buffer.size(), handler = std::move(handler)](const Error& error) {
                     handler(error, error ? 0 : size);
                   });
  }
  void Close() override {
    socket_->Close(CloseCode::kNormal, linger_, [] {});
  }
  void Abort() override { socket_->Abort(); }

 private:
  // A message may be empty; a reader of a byte stream wants at least one byte.
  static void ReadFrom(const WebSocketPointer& socket, net::mutable_buffer buffer,
                       std::chrono::milliseconds linger, Handler handler) {
    socket->Read(buffer, [socket, buffer, linger, handler = std::move(handler)](const Error& error,
                                                                                size_t bytes, bool) mutable {
      if (!error && socket->is_text()) {
        socket->Close(CloseCode::kUnsupportedData, linger, [] {});
        return handler(net::error::operation_not_supported, 0);
      }
      if (!error && bytes == 0) return ReadFrom(socket, buffer, linger, std::move(handler));
      handler(error, bytes);
    });
  }

  const WebSocketPointer socket_;
  const std::chrono::milliseconds linger_;
};

}  // namespace

DuplexPointer MakeWebSocketDuplex(WebSocketPointer socket, std::chrono::milliseconds linger) {
  return std::make_shared<WebSocketDuplex>(std::move(socket), linger);
}

}  // namespace jobpod::streaming
