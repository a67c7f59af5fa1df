#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <cstring>

#include "runtime/shim/connection.hpp"

namespace jobpod::shim {
namespace {

constexpr size_t kMaxHandles = 64;    // passed and not taken by a request yet
constexpr size_t kHandlesAtOnce = 8;  // in one message

// False when some were lost, or too many came.
bool KeepHandles(msghdr& message, std::deque<OwnedHandle>& handles) {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      handles.emplace_back(fd);
    }
  }
  return (message.msg_flags & MSG_CTRUNC) == 0 && handles.size() <= kMaxHandles;
}

}  // namespace

class Connection::Socket : public boost::asio::posix::stream_descriptor {
 public:
  using basic_stream_descriptor::basic_stream_descriptor;

  // How many bytes have come, 0 when there are none now, -1 when the connection is over.
  ssize_t Receive(ReadBuffer& buffer, std::deque<OwnedHandle>& handles) {
    alignas(cmsghdr) char control[CMSG_SPACE(kHandlesAtOnce * sizeof(int))];
    iovec data{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t count = recvmsg(native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return KeepHandles(message, handles) && count > 0 ? count : -1;
  }
};

Connection::Connection(boost::asio::io_context& io, OwnedHandle socket, ConnectionOwner& owner, ReadBuffer& buffer)
    : socket_(std::make_unique<Socket>(io, static_cast<int>(socket.Release()))), owner_(owner), buffer_(buffer) {}

Connection::~Connection() = default;

void Connection::Read() {
  socket_->async_wait(Socket::wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->IsOpen()) return;
    const ssize_t count = self->socket_->Receive(self->buffer_, self->handles_);
    if (count < 0 || !self->Take({self->buffer_.data(), static_cast<size_t>(count)})) return self->Close();
    if (self->IsOpen()) self->Read();
  });
}

void Connection::WriteSome() {
  writing_ = false;
  while (!outgoing_.empty()) {
    ssize_t count =
        send(socket_->native_handle(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return Close();
    outgoing_.erase(0, static_cast<size_t>(count));
  }
  if (outgoing_.empty()) return std::string().swap(outgoing_);
  writing_ = true;
  socket_->async_wait(Socket::wait_write, [self = shared_from_this()](boost::system::error_code error) {
    if (!error && self->IsOpen()) self->WriteSome();
  });
}

// They come beside the bytes.
void Connection::AdoptHandles(const ToShim&) {}

bool Connection::IsOpen() const {
  return socket_->is_open();
}

void Connection::CloseSocket() {
  socket_->close();
}

}  // namespace jobpod::shim
