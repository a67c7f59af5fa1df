#include <algorithm>
#include <array>
#include <boost/asio/windows/stream_handle.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "base/frame.hpp"
#include "base/pipe_windows.hpp"
#include "runtime/shim/control_socket.hpp"
#include "runtime/shim/reply.hpp"

namespace jobpod::shim {
namespace {

constexpr size_t kMaxFrame = 4096;
constexpr uint32_t kMaxSize = INT16_MAX;

}  // namespace

class ControlSocket::Socket : public std::enable_shared_from_this<Socket> {
 public:
  Socket(boost::asio::io_context& io, OwnedHandle end) : pipe_(io, HandleOf(end)) { end.Release(); }

  void Start(Events events) {
    events_ = std::move(events);
    Read();
  }

  void End(const FromShim& reply) {
    if (std::exchange(ended_, true) || !pipe_.is_open()) return;
    events_ = {};
    last_ = FrameHeader(reply.ByteSizeLong()) + reply.SerializeAsString();
    boost::asio::async_write(pipe_, boost::asio::buffer(last_),
                             [self = shared_from_this()](boost::system::error_code, size_t) { self->Close(); });
  }

 private:
  void Read() {
    pipe_.async_read_some(boost::asio::buffer(buffer_),
                          [self = shared_from_this()](boost::system::error_code error, size_t count) {
                            if (self->ended_) return;
                            if (error || !self->Take({self->buffer_.data(), count})) return self->LetGo();
                            if (!self->ended_) self->Read();
                          });
  }

  // False for what makes no sense.
  bool Take(std::string_view bytes) {
    frames_.Append(bytes);
    for (;;) {
      auto frame = frames_.Next();
      if (!frame.ok()) return false;
      if (!frame->has_value()) return true;
      ToControl message;
      if (!message.ParseFromString(**frame)) return false;
      const auto side = [](uint32_t size) { return static_cast<uint16_t>(std::min(size, kMaxSize)); };
      if (message.has_resize() && events_.resized) {
        events_.resized(side(message.resize().width()), side(message.resize().height()));
      }
    }
  }

  void LetGo() {
    Close();
    auto closed = std::exchange(events_, {}).closed;
    if (closed) closed();
  }

  void Close() {
    boost::system::error_code ignored;
    pipe_.close(ignored);
  }

  boost::asio::windows::stream_handle pipe_;
  Events events_;
  std::array<char, 256> buffer_;
  FrameReader frames_{kMaxFrame};
  std::string last_;
  bool ended_ = false;
};

ControlSocket::ControlSocket(boost::asio::io_context& io, OwnedHandle socket)
    : socket_(std::make_shared<Socket>(io, std::move(socket))) {}

ControlSocket::~ControlSocket() = default;

void ControlSocket::Start(Events events) {
  socket_->Start(std::move(events));
}

void ControlSocket::End(const StatusOr<ExecReply>& outcome) {
  socket_->End(ReplyOf(outcome));
}

}  // namespace jobpod::shim
