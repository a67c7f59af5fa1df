#include "runtime/stdio_session_linux.hpp"

#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/channel_linux.hpp"
#include "runtime/console.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kDrain{1};  // for pipe ends kept by processes outside the tree
constexpr size_t kMaxPacket = 64u << 10;

std::unique_ptr<PipeChannel> ChannelFor(const boost::asio::any_io_executor& executor, Fd end) {
  return end ? std::make_unique<PipeChannel>(executor, std::move(end)) : nullptr;
}

StatusOr<int32_t> OutcomeOf(std::string_view packet) {
  shim::FromShim message;
  if (packet.empty() || !message.ParseFromArray(packet.data(), static_cast<int>(packet.size()))) {
    return absl::UnavailableError("the pod's shim is gone");
  }
  if (message.error_code() == 0) return message.exec().exit_code();
  return Status(static_cast<absl::StatusCode>(message.error_code()), message.error_message());
}

// Nothing when the socket has nothing to say yet; an empty packet when the shim is gone.
std::optional<std::string> ReadPacket(int socket) {
  std::string packet(kMaxPacket, '\0');
  ssize_t count = recv(socket, packet.data(), packet.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  packet.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return packet;
}

// Input that others have as well: its close is told and goes no further.
class SharedInput final : public Channel {
 public:
  SharedInput(std::unique_ptr<Channel> input, std::function<void()> on_close)
      : input_(std::move(input)), on_close_(std::move(on_close)) {}

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override {
    input_->Read(buffer, std::move(handler));
  }
  void Write(boost::asio::const_buffer buffer, Handler handler) override {
    input_->Write(buffer, std::move(handler));
  }
  void Close() override {
    input_->Close();
    if (auto on_close = std::exchange(on_close_, nullptr)) on_close();
  }

 private:
  std::unique_ptr<Channel> input_;
  std::function<void()> on_close_;
};

class DescriptorSession final : public StdioSession {
 public:
  DescriptorSession(SessionEnds ends, const boost::asio::any_io_executor& executor, StdioEnd end)
      : input_(ChannelFor(executor, std::move(ends.input))),
        output_(ChannelFor(executor, std::move(ends.output))),
        error_(ChannelFor(executor, std::move(ends.error))),
        control_(std::make_shared<Control>(executor, std::move(ends.control), this)),
        terminal_(std::move(ends.terminal)),
        end_(std::move(end)) {
    if (ends.input_end_lets_go && input_) ShareInput();
  }

  ~DescriptorSession() override { control_->LetGo(); }

  void Begin() { control_->Wait(); }

  Channel* standard_input() override { return input_.get(); }
  Channel* standard_output() override { return output_.get(); }
  Channel* standard_error() override { return error_.get(); }

  void Resize(uint16_t width, uint16_t height) override {
    if (terminal_) ResizeConsole(terminal_.get(), width, height);
  }

 private:
  // Shared with the wait under way, which may outlast the session.
  struct Control : public std::enable_shared_from_this<Control> {
    Control(const boost::asio::any_io_executor& executor, Fd end, DescriptorSession* owner)
        : socket(executor, end.Release()), session(owner) {}

    void Wait() {
      socket.async_wait(socket.wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
        if (error || self->session == nullptr) return;
        std::optional<std::string> packet = ReadPacket(self->socket.native_handle());
        if (!packet) return self->Wait();
        self->session->OnEnd(OutcomeOf(*packet));
      });
    }

    void LetGo() {
      session = nullptr;
      boost::system::error_code ignored;
      socket.close(ignored);
    }

    boost::asio::posix::stream_descriptor socket;
    DescriptorSession* session;
  };

  void ShareInput() {
    auto let_go = [control = control_] {
      boost::asio::post(control->socket.get_executor(), [control] {
        if (control->session != nullptr) control->session->OnEnd(0);
      });
    };
    input_ = std::make_unique<SharedInput>(std::move(input_), std::move(let_go));
  }

  // All that was written lies in the pipes; whoever reads them comes to an end even if somebody outside the
  // killed tree keeps one open. Last of all `end`, which may destroy this.
  void OnEnd(StatusOr<int32_t> outcome) {
    for (PipeChannel* channel : {output_.get(), error_.get()}) {
      if (channel != nullptr) channel->EndWithin(kDrain);
    }
    if (StdioEnd end = std::exchange(end_, nullptr)) end(std::move(outcome));
  }

  std::unique_ptr<Channel> input_;
  std::unique_ptr<PipeChannel> output_, error_;
  std::shared_ptr<Control> control_;
  Fd terminal_;
  StdioEnd end_;
};

}  // namespace

std::unique_ptr<StdioSession> MakeStdioSession(SessionEnds ends, const boost::asio::any_io_executor& executor,
                                               StdioEnd end) {
  auto session = std::make_unique<DescriptorSession>(std::move(ends), executor, std::move(end));
  session->Begin();
  return session;
}

}  // namespace jobpod
