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
#include <future>
#include <map>
#include <mutex>

#include "base/frame.hpp"
#include "base/handle_linux.hpp"
#include "runtime/shim/client.hpp"
#include "runtime/shim/socket_address_linux.hpp"

namespace jobpod {
namespace {

using Done = std::function<void(StatusOr<shim::FromShim>)>;

constexpr std::chrono::seconds kSendBound{5};
constexpr size_t kMaxHandles = 4;  // three streams and a control socket

Status Gone() {
  return absl::UnavailableError("the pod's shim is gone");
}

Status ErrorOf(const shim::FromShim& reply) {
  return Status(static_cast<absl::StatusCode>(reply.error_code()), reply.error_message());
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

class LinuxShimClient final : public ShimClient, public std::enable_shared_from_this<LinuxShimClient> {
 public:
  LinuxShimClient(boost::asio::io_context& io, Fd socket, Callbacks callbacks)
      : socket_(io, boost::asio::local::stream_protocol(), socket.Release()),
        callbacks_(std::move(callbacks)) {}

  void Begin() { Read(); }

  StatusOr<shim::HelloReply> Hello(Deadline deadline) override {
    ASSIGN_OR_RETURN(shim::FromShim reply, Call(HelloRequest(), deadline));
    return Welcome(reply);
  }

  void HelloAsync(std::function<void(StatusOr<shim::HelloReply>)> done) override {
    CallAsync(HelloRequest(), {},
              [self = shared_from_this(), done = std::move(done)](StatusOr<shim::FromShim> reply) {
                if (!reply.ok()) return done(reply.status());
                done(self->Welcome(*reply));
              });
  }

  StatusOr<shim::StartReply> Start(const LaunchPlan& plan, Deadline deadline) override {
    shim::ToShim request;
    *request.mutable_start()->mutable_plan() = plan;
    ASSIGN_OR_RETURN(shim::FromShim reply, Call(std::move(request), deadline));
    return reply.start();
  }

  Status Stop(const shim::Stop& stop, Deadline deadline) override {
    shim::ToShim request;
    *request.mutable_stop() = stop;
    return Call(std::move(request), deadline).status();
  }

  Status Forget(const std::string& container_id, Deadline deadline) override {
    shim::ToShim request;
    request.mutable_forget()->set_container_id(container_id);
    return Call(std::move(request), deadline).status();
  }

  Status ReopenLog(const std::string& container_id, Deadline deadline) override {
    shim::ToShim request;
    request.mutable_reopen_log()->set_container_id(container_id);
    return Call(std::move(request), deadline).status();
  }

  Status Shutdown(Deadline deadline) override {
    shim::ToShim request;
    request.mutable_shutdown();
    return Call(std::move(request), deadline).status();
  }

  void CallAsync(shim::ToShim request, const std::vector<NativeHandle>& handles, Done done) override {
    Send(std::move(request), handles, After(kSendBound), std::move(done));
  }

  void CancelExec(const std::string& exec_id) override {
    shim::ToShim request;
    request.mutable_cancel_exec()->set_exec_id(exec_id);
    Send(std::move(request), {}, After(kSendBound), [](const StatusOr<shim::FromShim>&) {});
  }

  void Expect() override { expected_ = true; }
  void Close() override {
    expected_ = true;
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
  }
  bool connected() const override { return connected_; }
  int32_t shim_pid() const override { return shim_pid_; }
  uint32_t protocol_version() const override { return protocol_version_; }

  StatusOr<shim::FromShim> Call(shim::ToShim request, Deadline deadline,
                                const std::vector<NativeHandle>& handles = {}) override {
    auto promise = std::make_shared<std::promise<StatusOr<shim::FromShim>>>();
    auto future = promise->get_future();
    uint64_t id = Send(std::move(request), handles, deadline,
                       [promise](StatusOr<shim::FromShim> reply) { promise->set_value(std::move(reply)); });
    if (future.wait_until(deadline) == std::future_status::ready) return future.get();
    TakePending(id);
    return absl::DeadlineExceededError("the pod's shim does not answer");
  }

 private:
  static shim::ToShim HelloRequest() {
    shim::ToShim request;
    request.mutable_hello()->set_protocol_version(kShimProtocolVersion);
    return request;
  }

  StatusOr<shim::HelloReply> Welcome(const shim::FromShim& reply) {
    if (reply.hello().protocol_version() > kShimProtocolVersion) {
      return absl::FailedPreconditionError(
          "the pod's shim is newer than this daemon; start the newer jobpodd");
    }
    shim_pid_ = reply.hello().shim_pid();
    protocol_version_ = reply.hello().protocol_version();
    return reply.hello();
  }

  uint64_t Send(shim::ToShim request, const std::vector<NativeHandle>& handles, Deadline until, Done done) {
    Status sent = Gone();
    uint64_t id = 0;
    Done unsent;
    {
      std::scoped_lock lock(send_mutex_);
      id = next_id_++;
      request.set_id(id);
      {
        std::scoped_lock pending_lock(mutex_);
        pending_[id] = std::move(done);
      }
      std::string frame = FrameHeader(request.ByteSizeLong());
      request.AppendToString(&frame);
      std::string_view rest = frame;
      if (connected_) sent = SendWithHandles(socket_.native_handle(), rest, handles, until);
      if (!sent.ok()) unsent = TakePending(id);
      // A frame that is cut off makes the stream useless. The call was taken out before, so that it ends with
      // its own error and not with that of the connection.
      if (!sent.ok() && rest.size() != frame.size()) ::shutdown(socket_.native_handle(), SHUT_RDWR);
    }
    if (unsent) unsent(sent);
    return id;
  }

  Done TakePending(uint64_t id) {
    std::scoped_lock lock(mutex_);
    auto at = pending_.find(id);
    if (at == pending_.end()) return {};
    Done done = std::move(at->second);
    pending_.erase(at);
    return done;
  }

  void Finish(uint64_t id, StatusOr<shim::FromShim> result) {
    if (Done done = TakePending(id)) done(std::move(result));
  }

  void Read() {
    socket_.async_read_some(boost::asio::buffer(buffer_),
                            [self = shared_from_this()](const boost::system::error_code& error, size_t size) {
                              if (error || !self->Received({self->buffer_.data(), size})) return self->End();
                              self->Read();
                            });
  }

  bool Received(std::string_view bytes) {
    frames_.Append(bytes);
    for (;;) {
      auto next = frames_.Next();
      if (!next.ok()) return false;
      if (!next->has_value()) return true;
      shim::FromShim message;
      if (!message.ParseFromString(**next)) return false;
      if (message.id() == 0) {
        if (message.has_exited() && callbacks_.exited) callbacks_.exited(message.exited());
        if (message.has_log_loss() && callbacks_.log_lost) callbacks_.log_lost(message.log_loss());
        continue;
      }
      uint64_t id = message.id();
      Status error = ErrorOf(message);
      if (error.ok()) {
        Finish(id, std::move(message));
      } else {
        Finish(id, error);
      }
    }
  }

  void End() {
    connected_ = false;
    std::map<uint64_t, Done> pending;
    {
      std::scoped_lock lock(mutex_);
      pending.swap(pending_);
    }
    for (auto& [id, done] : pending) done(Gone());
    if (!expected_ && callbacks_.disconnected) callbacks_.disconnected();
    callbacks_ = {};
  }

  boost::asio::local::stream_protocol::socket socket_;
  Callbacks callbacks_;
  std::array<char, 4096> buffer_;
  FrameReader frames_;
  std::atomic<bool> connected_ = true, expected_ = false;
  std::atomic<int32_t> shim_pid_ = 0;
  std::atomic<uint32_t> protocol_version_ = 0;
  std::mutex send_mutex_;
  uint64_t next_id_ = 1;
  std::mutex mutex_;
  std::map<uint64_t, Done> pending_;
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
