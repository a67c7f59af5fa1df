#include "cri/streaming/websocket.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <array>

namespace jobpod::streaming {
namespace net = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// A type of its own because of the two functions below.
class WebSocketLayer final : public Tcp::socket {
 public:
  explicit WebSocketLayer(Tcp::socket socket) : Tcp::socket(std::move(socket)) {}
};

// What Beast does behind the closing handshake, or when a client broke the protocol: by itself it would wait
// without a bound for the client to close. Close() does that.
void teardown(beast::role_type, WebSocketLayer&, Error& error) {
  error = {};
}
template <typename Handler>
void async_teardown(beast::role_type, WebSocketLayer& layer, Handler&& handler) {
  net::post(layer.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler), Error()));
}

namespace {

using Stream = websocket::stream<WebSocketLayer, false>;

Error ReadError(const Error& error) {
  return error == websocket::error::closed ? Error(net::error::eof) : error;
}

class BeastSocket final : public WebSocket, public std::enable_shared_from_this<BeastSocket> {
 public:
  explicit BeastSocket(Tcp::socket socket) : stream_(std::move(socket)), timer_(stream_.get_executor()) {
    Error ignored;
    stream_.next_layer().set_option(Tcp::no_delay(true), ignored);
    stream_.auto_fragment(false);
    stream_.read_message_max(kLargestMessage);
  }

  void Accept(const HttpRequest& request, const std::string& subprotocol, std::chrono::milliseconds timeout,
              Handler handler) override {
    stream_.set_option(websocket::stream_base::decorator([subprotocol](websocket::response_type& response) {
      response.set(beast::http::field::server, "jobpod");
      if (response.result() != beast::http::status::switching_protocols) return;
      if (!subprotocol.empty()) response.set("Sec-WebSocket-Protocol", subprotocol);
    }));
    AbortIn(timeout);
    stream_.async_accept(request,
                         [self = shared_from_this(), handler = std::move(handler)](const Error& error) {
                           self->timer_.cancel();
                           handler(error);
                         });
  }

  void Read(net::mutable_buffer buffer, ReadHandler handler) override {
    stream_.async_read_some(
        buffer, [self = shared_from_this(), handler = std::move(handler)](const Error& error, size_t bytes) {
          handler(ReadError(error), bytes, !error && self->stream_.is_message_done());
        });
  }
  bool is_text() const override { return stream_.got_text(); }

  void Write(net::const_buffer head, net::const_buffer body, bool text, Handler handler) override {
    stream_.text(text);
    stream_.async_write(std::array{head, body}, [self = shared_from_this(), handler = std::move(handler)](
                                                    const Error& error, size_t) { handler(error); });
  }

  void Pong(Handler handler) override {
    if (std::exchange(ponging_, true)) return;
    stream_.async_pong({}, [self = shared_from_this(), handler = std::move(handler)](const Error& error) {
      self->ponging_ = false;
      handler(error);
    });
  }

  void Close(CloseCode code, std::chrono::milliseconds linger, std::function<void()> closed) override {
    if (std::exchange(closing_, true)) return;
    closed_ = std::move(closed);
    AbortIn(linger);
    if (!stream_.is_open())
      return net::post(timer_.get_executor(), [self = shared_from_this()] { self->Drain(); });
    stream_.async_close(static_cast<websocket::close_code>(code),
                        [self = shared_from_this()](const Error& error) { self->OnClosed(error); });
  }

  // Nobody waits for `closed` any more; kept, it would keep its owner, who keeps this.
  void Abort() override {
    closed_ = nullptr;
    CloseNow();
  }

 private:
  void CloseNow() {
    Error ignored;
    timer_.cancel();
    stream_.next_layer().close(ignored);
  }

  void AbortIn(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this()](const Error& error) {
      const auto self = weak.lock();
      if (self && !error) self->CloseNow();
    });
  }

  void OnClosed(const Error& error) { error ? Drain() : End(); }

  // Without the client's close frame: a close with unread bytes would destroy what it has not read yet.
  void Drain() {
    Error ignored;
    stream_.next_layer().shutdown(Tcp::socket::shutdown_send, ignored);
    stream_.next_layer().async_read_some(
        net::buffer(dropped_),
        [self = shared_from_this()](const Error& error, size_t) { error ? self->End() : self->Drain(); });
  }

  void End() {
    CloseNow();
    if (const auto closed = std::exchange(closed_, nullptr)) closed();
  }

  Stream stream_;
  net::steady_timer timer_;
  std::function<void()> closed_;
  std::array<char, 1024> dropped_;
  bool ponging_ = false, closing_ = false;
};

}  // namespace

WebSocketPointer MakeWebSocket(Tcp::socket socket) {
  return std::make_shared<BeastSocket>(std::move(socket));
}

}  // namespace jobpod::streaming
