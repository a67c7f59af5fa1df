#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>

#include "base/handle_linux.hpp"
#include "runtime/shim/client_core.hpp"
#include "runtime/shim/socket_address_linux.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxHandles = 4;  // three streams and a control socket

Status Gone() {
  return absl::UnavailableError("the pod's shim is gone");
}

// Sends all of `data` and takes what was sent off its front; the descriptors travel with the first byte.
Status SendWithHandles(int socket, std::string_view& data, const std::vector<NativeHandle>& handles, Deadline until) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxHandles)] = {};
  const std::vector<int> descriptors(handles.begin(), handles.end());
  const size_t handle_bytes = descriptors.size() * sizeof(int);
  bool attach = !descriptors.empty();
  while (!data.empty()) {
    iovec piece{const_cast<char*>(data.data()), data.size()};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (attach) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(handle_bytes);
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(handle_bytes);
      memcpy(CMSG_DATA(header), descriptors.data(), handle_bytes);
    }
    ssize_t sent = sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      data.remove_prefix(static_cast<size_t>(sent));
      attach = false;
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Gone();
    pollfd wait{socket, POLLOUT, 0};
    poll(&wait, 1, 20);
    if (std::chrono::steady_clock::now() > until) {
      return absl::DeadlineExceededError("the pod's shim does not read its socket");
    }
  }
  return absl::OkStatus();
}

class LinuxShimClient final : public ShimClientCore {
 public:
  LinuxShimClient(boost::asio::io_context& io, Fd socket, Callbacks callbacks)
      : ShimClientCore(std::move(callbacks)),
        socket_(io, boost::asio::local::stream_protocol(), socket.Release()) {}

 private:
  void Read() override {
    socket_.async_read_some(
        boost::asio::buffer(buffer_),
        [self = std::static_pointer_cast<LinuxShimClient>(shared_from_this())](
            const boost::system::error_code& error, size_t size) {
          if (error || !self->Received({self->buffer_.data(), size})) return self->End();
          self->Read();
        });
  }

  Status Write(std::string_view& data, const std::vector<NativeHandle>& handles, Deadline until) override {
    return SendWithHandles(socket_.native_handle(), data, handles, until);
  }

  void CutOff() override { ::shutdown(socket_.native_handle(), SHUT_RDWR); }

  boost::asio::local::stream_protocol::socket socket_;
  std::array<char, 4096> buffer_;
};

}  // namespace

StatusOr<std::shared_ptr<ShimClient>> ShimClient::Connect(boost::asio::io_context& io,
                                                          const std::string& socket_path,
                                                          Callbacks callbacks) {
  Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return ErrnoStatus(errno, "make a socket to a shim");
  ASSIGN_OR_RETURN(SocketAddress address, ShortSocketAddress(socket_path));
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.value), sizeof address.value) != 0) {
    return ErrnoStatus(errno, Concat("connect to the shim at ", socket_path));
  }
  auto client = std::make_shared<LinuxShimClient>(io, std::move(socket), std::move(callbacks));
  boost::asio::post(io, [client] { client->Begin(); });
  return std::static_pointer_cast<ShimClient>(client);
}

}  // namespace jobpod
