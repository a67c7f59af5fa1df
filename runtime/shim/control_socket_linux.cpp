#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "runtime/shim/control_socket.hpp"
#include "runtime/shim/reply.hpp"

namespace jobpod::shim {

class ControlSocket::Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(boost::asio::io_context& io, OwnedHandle socket) : socket_(io, static_cast<int>(socket.Release())) {}

  void Start(std::function<void()> on_closed) {
    on_closed_ = std::move(on_closed);
    Wait();
  }

  // A daemon that has gone needs no answer; one packet always fits.
  void End(const std::string& packet) {
    if (!socket_.is_open()) return;
    (void)send(socket_.native_handle(), packet.data(), packet.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    on_closed_ = nullptr;
    socket_.close();
  }

 private:
  void Wait() {
    socket_.async_wait(socket_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
      if (error || !self->socket_.is_open()) return;
      if (!self->IsClosed()) return self->Wait();
      self->socket_.close();
      if (auto on_closed = std::exchange(self->on_closed_, nullptr)) on_closed();
    });
  }

  bool IsClosed() {
    char packet[64];
    ssize_t count = recv(socket_.native_handle(), packet, sizeof packet, MSG_DONTWAIT);
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
  }

  boost::asio::posix::stream_descriptor socket_;
  std::function<void()> on_closed_;
};

ControlSocket::ControlSocket(boost::asio::io_context& io, OwnedHandle socket)
    : socket_(std::make_shared<Socket>(io, std::move(socket))) {}

ControlSocket::~ControlSocket() = default;

void ControlSocket::Start(Events events) {
  socket_->Start(std::move(events.closed));
}

void ControlSocket::End(const StatusOr<ExecReply>& outcome) {
  socket_->End(ReplyOf(outcome).SerializeAsString());
}

}  // namespace jobpod::shim
