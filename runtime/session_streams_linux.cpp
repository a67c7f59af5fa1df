#include "runtime/session_streams.hpp"

#include <sys/socket.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <optional>
#include <utility>

#include "base/channel_linux.hpp"
#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"
#include "runtime/session_parts.hpp"

namespace jobpod {
namespace {

constexpr int kPipeSize = 1 << 20;  // fewer turns of the two processes for the same bytes
constexpr size_t kMaxPacket = 64u << 10;

// Nothing when the socket has nothing to say yet; an empty packet when the shim is gone.
std::optional<std::string> ReadPacket(int socket) {
  std::string packet(kMaxPacket, '\0');
  ssize_t count = recv(socket, packet.data(), packet.size(), MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  packet.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return packet;
}

// Shared with the wait under way, which may outlast the session.
class SocketControl final : public SessionControl, public std::enable_shared_from_this<SocketControl> {
 public:
  SocketControl(const boost::asio::any_io_executor& executor, Fd socket, Fd terminal)
      : socket_(executor, socket.Release()), terminal_(std::move(terminal)) {}

  void Start(std::function<void(const std::string&)> on_end) override {
    on_end_ = std::move(on_end);
    Wait();
  }

  void Resize(uint16_t width, uint16_t height) override {
    if (terminal_) ResizeConsole(terminal_.get(), width, height);
  }

  void LetGo() override {
    on_end_ = nullptr;
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

 private:
  void Wait() {
    socket_.async_wait(socket_.wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
      if (error || !self->on_end_) return;
      std::optional<std::string> packet = ReadPacket(self->socket_.native_handle());
      if (!packet) return self->Wait();
      std::exchange(self->on_end_, nullptr)(*packet);
    });
  }

  boost::asio::posix::stream_descriptor socket_;
  const Fd terminal_;
  std::function<void(const std::string&)> on_end_;
};

Status TakeOne(bool there, int control, Fd& end) {
  if (!there) return absl::OkStatus();
  ASSIGN_OR_RETURN(end, ReceiveHandle(control));
  return absl::OkStatus();
}

// What a client sends to a container that takes no input (any more) is read and dropped, so that its other
// streams go on.
StatusOr<Fd> Nowhere() {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe());
  return std::move(pipe.write);
}

class SocketStreams final : public SessionStreams {
 public:
  explicit SocketStreams(const StdioRequest& request) : request_(request) {}

  // A terminal comes from the process.
  Status OpenPipes(shim::Exec& exec) {
    exec.set_terminal(request_.terminal);
    if (request_.terminal) return absl::OkStatus();
    exec.set_has_stdin(request_.standard_input);
    exec.set_has_stdout(request_.standard_output);
    exec.set_has_stderr(request_.standard_error);
    if (request_.standard_input) RETURN_IF_ERROR(AddInput());
    if (request_.standard_output) RETURN_IF_ERROR(AddOutput(output_));
    return request_.standard_error ? AddOutput(error_) : absl::OkStatus();
  }

  Status OpenControl() {
    ASSIGN_OR_RETURN(SocketPair control, MakeSocketPair());
    control_ = std::move(control.ours);
    theirs_.push_back(std::move(control.theirs));
    return absl::OkStatus();
  }

  std::vector<NativeHandle> Theirs() const override {
    std::vector<NativeHandle> handles;
    for (const Fd& end : theirs_) handles.push_back(end.get());
    return handles;
  }

  Status TakeTerminal() override {
    if (!request_.terminal) return absl::OkStatus();
    ASSIGN_OR_RETURN(terminal_, ReceiveHandle(control_.get()));
    if (request_.standard_input) {
      ASSIGN_OR_RETURN(input_, Duplicate(terminal_));
    }
    if (request_.standard_output) {
      ASSIGN_OR_RETURN(output_, Duplicate(terminal_));
    }
    return absl::OkStatus();
  }

  // The shim makes the pipes and hands this process its ends over the control socket.
  Status TakeEnds(const shim::AttachReply& reply) override {
    const int control = control_.get();
    RETURN_IF_ERROR(TakeOne(reply.has_terminal(), control, terminal_));
    RETURN_IF_ERROR(TakeOne(reply.has_stdin(), control, input_));
    RETURN_IF_ERROR(TakeOne(reply.has_stdout(), control, output_));
    RETURN_IF_ERROR(TakeOne(reply.has_stderr(), control, error_));
    input_end_lets_go_ = !reply.owns_stdin();
    if (!request_.standard_input || input_) return absl::OkStatus();
    ASSIGN_OR_RETURN(input_, terminal_ ? Duplicate(terminal_) : Nowhere());
    return absl::OkStatus();
  }

  std::unique_ptr<StdioSession> Begin(const boost::asio::any_io_executor& executor, StdioEnd end) override {
    const auto channel = [&](Fd& fd) { return fd ? MakePipeChannel(executor, std::move(fd)) : nullptr; };
    SessionParts parts{channel(input_), channel(output_), channel(error_),
                       std::make_shared<SocketControl>(executor, std::move(control_), std::move(terminal_)),
                       input_end_lets_go_};
    return MakeStdioSession(std::move(parts), executor, std::move(end));
  }

 private:
  Status AddInput() {
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
    input_ = std::move(pipe.write);
    theirs_.push_back(std::move(pipe.read));
    return absl::OkStatus();
  }

  Status AddOutput(Fd& ours) {
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(kPipeSize));
    ours = std::move(pipe.read);
    theirs_.push_back(std::move(pipe.write));
    return absl::OkStatus();
  }

  const StdioRequest request_;
  Fd input_, output_, error_, control_;
  Fd terminal_;  // its owner's side once more, for resizing
  bool input_end_lets_go_ = false;
  std::vector<Fd> theirs_;
};

}  // namespace

StatusOr<std::unique_ptr<SessionStreams>> SessionStreams::ForExec(const StdioRequest& request, shim::Exec& exec) {
  auto streams = std::make_unique<SocketStreams>(request);
  RETURN_IF_ERROR(streams->OpenPipes(exec));
  RETURN_IF_ERROR(streams->OpenControl());
  return streams;
}

StatusOr<std::unique_ptr<SessionStreams>> SessionStreams::ForAttach(const StdioRequest& request) {
  auto streams = std::make_unique<SocketStreams>(request);
  RETURN_IF_ERROR(streams->OpenControl());
  return streams;
}

}  // namespace jobpod
