#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>

#include "runtime/shim/connection.hpp"

namespace jobpod::shim {
namespace {

constexpr size_t kMaxOutgoing = 1 << 20;
constexpr size_t kMaxHandles = 64;    // passed and not taken by a request yet
constexpr size_t kHandlesAtOnce = 8;  // in one message
constexpr size_t kFrameHeaderSize = 4;

}  // namespace

Connection::Connection(boost::asio::io_context& io, Fd socket, ConnectionOwner& owner, ReadBuffer& buffer)
    : socket_(io, socket.Release()), owner_(owner), buffer_(buffer) {}

void Connection::Send(const FromShim& message) {
  if (!socket_.is_open()) return;
  std::string payload = message.SerializeAsString();
  outgoing_ += FrameHeader(payload.size());
  outgoing_ += payload;
  if (outgoing_.size() > kMaxOutgoing) return Close();
  if (!writing_) WriteSome();
}

void Connection::Fail(uint64_t id, const Status& error) {
  FromShim reply;
  reply.set_id(id);
  reply.set_error_code(static_cast<uint32_t>(error.code()));
  reply.set_error_message(Concat(Message(error)));
  Send(reply);
}

Fd Connection::TakeHandle() {
  if (handles_.empty()) return {};
  Fd handle = std::move(handles_.front());
  handles_.pop_front();
  return handle;
}

void Connection::WaitForInput() {
  socket_.async_wait(socket_.wait_read, [self = shared_from_this()](boost::system::error_code error) {
    if (error || !self->socket_.is_open()) return;
    if (!self->ReadSome() || !self->HandleFrames()) return self->Close();
    if (self->socket_.is_open()) self->WaitForInput();
  });
}

// False when the connection is over.
bool Connection::ReadSome() {
  alignas(cmsghdr) char control[CMSG_SPACE(kHandlesAtOnce * sizeof(int))];
  iovec data{buffer_.data(), buffer_.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t count = recvmsg(socket_.native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  if (!KeepHandles(&message) || count == 0) return false;
  reader_.Append({buffer_.data(), static_cast<size_t>(count)});
  unread_ += static_cast<size_t>(count);
  return true;
}

bool Connection::KeepHandles(const void* received) {
  auto* message = const_cast<msghdr*>(static_cast<const msghdr*>(received));
  for (cmsghdr* part = CMSG_FIRSTHDR(message); part != nullptr; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      handles_.emplace_back(fd);
    }
  }
  return (message->msg_flags & MSG_CTRUNC) == 0 && handles_.size() <= kMaxHandles;
}

// False when the stream makes no sense any more.
bool Connection::HandleFrames() {
  for (;;) {
    StatusOr<std::optional<std::string>> frame = reader_.Next();
    if (!frame.ok()) return false;
    if (!frame->has_value()) break;
    unread_ -= kFrameHeaderSize + (*frame)->size();
    ToShim request;
    if (!request.ParseFromString(**frame)) return false;
    frame->reset();
    owner_.OnRequest(shared_from_this(), request);
    if (!socket_.is_open()) return true;
  }
  if (unread_ == 0) reader_ = FrameReader();  // gives the memory of a large request back
  return true;
}

void Connection::WriteSome() {
  writing_ = false;
  while (!outgoing_.empty()) {
    ssize_t count =
        send(socket_.native_handle(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return Close();
    outgoing_.erase(0, static_cast<size_t>(count));
  }
  if (outgoing_.empty()) return std::string().swap(outgoing_);
  writing_ = true;
  socket_.async_wait(socket_.wait_write, [self = shared_from_this()](boost::system::error_code error) {
    if (!error && self->socket_.is_open()) self->WriteSome();
  });
}

void Connection::Close() {
  if (!socket_.is_open()) return;
  socket_.close();
  handles_.clear();
  subscribed_ = false;
  owner_.OnClosed(shared_from_this());
}

}  // namespace jobpod::shim
