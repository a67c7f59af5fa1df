#include "runtime/session_streams.hpp"

#include <boost/asio/post.hpp>
#include <optional>
#include <utility>

#include "base/channel_windows.hpp"
#include "base/frame.hpp"
#include "base/pipe_windows.hpp"
#include "runtime/session_parts.hpp"

namespace jobpod {
namespace {

// Frames over a pipe. Shared with what is under way, which may outlast the session.
class PipeControl final : public SessionControl, public std::enable_shared_from_this<PipeControl> {
 public:
  PipeControl(const boost::asio::any_io_executor& executor, Handle pipe)
      : executor_(executor), channel_(MakePipeChannel(executor, std::move(pipe))) {}

  // Reads belong to the thread that begins them, which the caller's need not outlive.
  void Start(std::function<void(const std::string&)> on_end) override {
    on_end_ = std::move(on_end);
    boost::asio::post(executor_, [self = shared_from_this()] { self->Read(); });
  }

  // The last size wins: one is on its way, one may wait.
  void Resize(uint16_t width, uint16_t height) override {
    shim::ToControl message;
    message.mutable_resize()->set_width(width);
    message.mutable_resize()->set_height(height);
    waiting_ = FrameHeader(message.ByteSizeLong()) + message.SerializeAsString();
    if (writing_.empty()) Write();
  }

  void LetGo() override {
    on_end_ = nullptr;
    channel_->Close();
  }

 private:
  void Read() {
    if (!on_end_) return;
    channel_->Read(boost::asio::buffer(piece_), [self = shared_from_this()](const boost::system::error_code& error,
                                                                           size_t bytes) {
      if (!self->on_end_) return;
      self->frames_.Append({self->piece_, bytes});
      auto next = self->frames_.Next();
      const bool told = next.ok() && next->has_value();
      if (!told && !error && next.ok()) return self->Read();
      std::exchange(self->on_end_, nullptr)(told ? std::string(**next) : std::string());
    });
  }

  void Write() {
    writing_ = std::exchange(waiting_, std::string());
    if (writing_.empty()) return;
    channel_->Write(boost::asio::buffer(writing_), [self = shared_from_this()](const boost::system::error_code& error,
                                                                              size_t) {
      if (!error) return self->Write();
      self->writing_.clear();
    });
  }

  const boost::asio::any_io_executor executor_;
  const std::unique_ptr<PipeChannel> channel_;
  std::function<void(const std::string&)> on_end_;
  FrameReader frames_;
  char piece_[4096];
  std::string writing_, waiting_;
};

// Everything is made here; the shim gets copies of `theirs`.
class PipeStreams final : public SessionStreams {
 public:
  // `others`: who uses the other ends, a program or the shim.
  Status Open(const StdioRequest& request, PipeUse others) {
    if (request.standard_input) RETURN_IF_ERROR(AddInput(others));
    if (request.standard_output) RETURN_IF_ERROR(AddOutput(others, output_));
    if (request.standard_error && !request.terminal) RETURN_IF_ERROR(AddOutput(others, error_));
    ASSIGN_OR_RETURN(PipePair control, MakePipePair());
    control_ = std::move(control.ours);
    theirs_.push_back(std::move(control.theirs));
    return absl::OkStatus();
  }

  std::vector<NativeHandle> Theirs() const override {
    std::vector<NativeHandle> handles;
    for (const Handle& end : theirs_) handles.push_back(NativeOf(end));
    return handles;
  }

  Status TakeTerminal() override { return absl::OkStatus(); }
  Status TakeEnds(const shim::AttachReply& reply) override {
    input_end_lets_go_ = !reply.owns_stdin();
    return absl::OkStatus();
  }

  std::unique_ptr<StdioSession> Begin(const boost::asio::any_io_executor& executor, StdioEnd end) override {
    const auto channel = [&](Handle& pipe) { return pipe ? MakePipeChannel(executor, std::move(pipe)) : nullptr; };
    theirs_.clear();
    SessionParts parts{channel(input_), channel(output_), channel(error_),
                       std::make_shared<PipeControl>(executor, std::move(control_)), input_end_lets_go_};
    return MakeStdioSession(std::move(parts), executor, std::move(end));
  }

 private:
  Status AddInput(PipeUse others) {
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(others, PipeUse::kOverlapped));
    input_ = std::move(pipe.write);
    theirs_.push_back(std::move(pipe.read));
    return absl::OkStatus();
  }

  Status AddOutput(PipeUse others, Handle& ours) {
    ASSIGN_OR_RETURN(Pipe pipe, MakePipe(PipeUse::kOverlapped, others));
    ours = std::move(pipe.read);
    theirs_.push_back(std::move(pipe.write));
    return absl::OkStatus();
  }

  Handle input_, output_, error_, control_;
  bool input_end_lets_go_ = false;
  std::vector<Handle> theirs_;
};

}  // namespace

StatusOr<std::unique_ptr<SessionStreams>> SessionStreams::ForExec(const StdioRequest& request, shim::Exec& exec) {
  exec.set_terminal(request.terminal);
  exec.set_has_stdin(request.standard_input);
  exec.set_has_stdout(request.standard_output);
  exec.set_has_stderr(request.standard_error && !request.terminal);
  auto streams = std::make_unique<PipeStreams>();
  RETURN_IF_ERROR(streams->Open(request, PipeUse::kWaiting));
  return streams;
}

StatusOr<std::unique_ptr<SessionStreams>> SessionStreams::ForAttach(const StdioRequest& request) {
  auto streams = std::make_unique<PipeStreams>();
  RETURN_IF_ERROR(streams->Open(request, PipeUse::kOverlapped));
  return streams;
}

}  // namespace jobpod
