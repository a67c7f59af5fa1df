#include "cri/streaming/tcp_duplex.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include <cstring>

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Error = boost::system::error_code;
using Tcp = net::ip::tcp;

// Every operation keeps the socket: a composed one may touch it after its owner has gone.
struct Kept {
  std::shared_ptr<Tcp::socket> socket;
  Channel::Handler handler;
  void operator()(const Error& error, size_t bytes) const { handler(error, bytes); }
};

class TcpDuplex final : public Duplex {
 public:
  TcpDuplex(Tcp::socket socket, std::string first)
      : socket_(std::make_shared<Tcp::socket>(std::move(socket))), first_(std::move(first)) {}
  ~TcpDuplex() override { Abort(); }

  void Read(net::mutable_buffer buffer, Handler handler) override {
    if (!first_.empty()) return ReadFirst(buffer, std::move(handler));
    socket_->async_read_some(buffer, Kept{socket_, std::move(handler)});
  }
  void Write(net::const_buffer buffer, Handler handler) override {
    net::async_write(*socket_, buffer, Kept{socket_, std::move(handler)});
  }
  void Close() override {
    Error ignored;
    socket_->shutdown(Tcp::socket::shutdown_send, ignored);
  }
  void Abort() override {
    Error ignored;
    socket_->close(ignored);
  }

 private:
  void ReadFirst(net::mutable_buffer buffer, Handler handler) {
    const size_t size = std::min(buffer.size(), first_.size());
    std::memcpy(buffer.data(), first_.data(), size);
    first_.erase(0, size);
    net::post(socket_->get_executor(), [handler = std::move(handler), size] { handler(Error(), size); });
  }

  const std::shared_ptr<Tcp::socket> socket_;
  std::string first_;
};

}  // namespace

DuplexPointer MakeTcpDuplex(Tcp::socket socket, std::string first) {
  Error ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  return std::make_shared<TcpDuplex>(std::move(socket), std::move(first));
}

}  // namespace jobpod::streaming
