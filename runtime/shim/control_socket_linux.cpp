#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "runtime/shim/control_socket.hpp"

namespace jobpod::shim {

ControlSocket::ControlSocket(boost::asio::io_context& io, Fd socket) : socket_(io, socket.Release()) {}

void ControlSocket::Start(std::function<void()> on_closed) {
  on_closed_ = std::move(on_closed);
  Wait();
}

void ControlSocket::End(const StatusOr<ExecReply>& outcome) {
  if (!socket_.is_open()) return;
  FromShim message;
  if (outcome.ok()) {
    *message.mutable_exec() = *outcome;
  } else {
    message.set_error_code(static_cast<uint32_t>(outcome.status().code()));
    message.set_error_message(Concat(Message(outcome.status())));
  }
  std::string bytes = message.SerializeAsString();
  // A daemon that has gone needs no answer; one packet always fits.
  (void)send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  on_closed_ = nullptr;
  socket_.close();
}

void ControlSocket::Wait() {
  socket_.async_wait(socket_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->socket_.is_open()) return;
    if (!self->IsClosed()) return self->Wait();
    self->socket_.close();
    if (auto on_closed = std::exchange(self->on_closed_, nullptr)) on_closed();
  });
}

bool ControlSocket::IsClosed() {
  char packet[64];
  ssize_t count = recv(socket_.native_handle(), packet, sizeof packet, MSG_DONTWAIT);
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

}  // namespace jobpod::shim
