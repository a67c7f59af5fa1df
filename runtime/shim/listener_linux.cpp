#include "runtime/shim/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>

namespace jobpod::shim {
namespace {

bool IsOwner(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

// The next waiting connection of the owner, non-blocking; empty when there is none.
OwnedHandle AcceptOwner(int listener) {
  for (;;) {
    OwnedHandle socket(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket && IsOwner(static_cast<int>(socket.get()))) return socket;
    if (!socket && errno != EINTR && errno != ECONNABORTED) return socket;
  }
}

}  // namespace

class Listener::Door {
 public:
  Door(boost::asio::io_context& io, OwnedHandle socket) : socket_(io, static_cast<int>(socket.Release())) {}

  void Open(std::function<void(OwnedHandle)> on_connection) {
    on_connection_ = std::move(on_connection);
    Wait();
  }

 private:
  void Wait() {
    socket_.async_wait(socket_.wait_read, [this](boost::system::error_code error) {
      if (error) return;
      while (OwnedHandle connection = AcceptOwner(socket_.native_handle())) on_connection_(std::move(connection));
      Wait();
    });
  }

  boost::asio::posix::stream_descriptor socket_;
  std::function<void(OwnedHandle)> on_connection_;
};

Listener::Listener(boost::asio::io_context& io, OwnedHandle socket, std::string)
    : door_(std::make_shared<Door>(io, std::move(socket))) {}

Listener::~Listener() = default;

void Listener::Start(std::function<void(OwnedHandle)> on_connection) {
  door_->Open(std::move(on_connection));
}

}  // namespace jobpod::shim
