#include "test/fakes/fake_stdio_session.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/channel_pair.hpp"

namespace jobpod {
namespace {

constexpr size_t kChunk = 32768;

class FakeProcess : public std::enable_shared_from_this<FakeProcess> {
 public:
  FakeProcess(StdioEnd end, FakeSessionTraces& traces)
      : end_(std::move(end)), traces_(traces), buffer_(kChunk, 'x') {}

  void Run(const std::vector<std::string>& command) {
    if (command[0] == "cat") return Cat();
    if (command[0] == "flood") return Flood();
    if (command[0] == "block") return;
    if (command[0] == "exit") return Exit(std::stoi(command.back()));
    Say(output, command.back(),
        [self = shared_from_this()] { self->Say(self->error, "to stderr", [self] { self->Exit(3); }); });
  }

  // False when it had ended before.
  bool Kill() {
    for (auto* channel : {&input, &output, &error}) channel->reset();
    return std::exchange(end_, nullptr) != nullptr;
  }

  std::unique_ptr<Channel> input, output, error;  // its own ends

 private:
  void Cat() {
    if (input == nullptr) return Exit(0);
    input->Read(boost::asio::buffer(buffer_), [self = shared_from_this()](auto failed, size_t bytes) {
      if (failed || self->output == nullptr) return self->Exit(0);
      self->output->Write(boost::asio::buffer(self->buffer_.data(), bytes),
                          [self](auto broken, size_t) { broken ? self->Exit(141) : self->Cat(); });
    });
  }

  void Flood() {
    if (output == nullptr) return Exit(141);
    output->Write(boost::asio::buffer(buffer_), [self = shared_from_this()](auto broken, size_t bytes) {
      self->traces_.written += bytes;
      broken ? self->Exit(141) : self->Flood();
    });
  }

  void Say(const std::unique_ptr<Channel>& channel, const std::string& words, std::function<void()> then) {
    if (channel == nullptr) return then();
    auto kept = std::make_shared<std::string>(words);
    channel->Write(boost::asio::buffer(*kept), [kept, then = std::move(then)](auto broken, size_t) {
      if (!broken) then();
    });
  }

  void Exit(int code) {
    for (auto* channel : {&input, &output, &error}) channel->reset();
    if (auto end = std::exchange(end_, nullptr)) end(code);
  }

  StdioEnd end_;
  FakeSessionTraces& traces_;
  std::string buffer_;
};

class FakeStdioSession final : public StdioSession {
 public:
  FakeStdioSession(std::shared_ptr<FakeProcess> process, FakeSessionTraces& traces)
      : process_(std::move(process)), traces_(traces) {}
  ~FakeStdioSession() override {
    traces_.destroyed_early += process_->Kill();
    traces_.alive -= counted_;
  }
  // All of it is there.
  void Count() {
    counted_ = true;
    ++traces_.started;
    ++traces_.alive;
  }

  Channel* standard_input() override { return input.get(); }
  Channel* standard_output() override { return output.get(); }
  Channel* standard_error() override { return error.get(); }
  void Resize(uint16_t width, uint16_t height) override {
    traces_.last_size = uint32_t{width} << 16 | height;
  }

  std::unique_ptr<Channel> input, output, error;  // the client's ends

 private:
  std::shared_ptr<FakeProcess> process_;
  FakeSessionTraces& traces_;
  bool counted_ = false;
};

Status Connect(const boost::asio::any_io_executor& executor, std::unique_ptr<Channel>& reader,
               std::unique_ptr<Channel>& writer) {
  ASSIGN_OR_RETURN(ChannelPair pair, MakeChannelPair(executor));
  reader = std::move(pair.reader);
  writer = std::move(pair.writer);
  return absl::OkStatus();
}

bool IsKnown(const std::string& program) {
  return program == "cat" || program == "echo" || program == "flood" || program == "block" ||
         program == "exit";
}

}  // namespace

StatusOr<std::unique_ptr<StdioSession>> MakeFakeStdioSession(const std::vector<std::string>& command,
                                                             const StdioRequest& request,
                                                             const boost::asio::any_io_executor& executor,
                                                             StdioEnd end, FakeSessionTraces& traces) {
  if (command.empty() || !IsKnown(command[0])) return absl::NotFoundError("executable file not found");
  auto process = std::make_shared<FakeProcess>(std::move(end), traces);
  auto session = std::make_unique<FakeStdioSession>(process, traces);
  if (request.standard_input) RETURN_IF_ERROR(Connect(executor, process->input, session->input));
  if (request.standard_output) RETURN_IF_ERROR(Connect(executor, session->output, process->output));
  if (request.standard_error) RETURN_IF_ERROR(Connect(executor, session->error, process->error));
  session->Count();
  boost::asio::post(executor, [process, command] { process->Run(command); });
  return session;
}

}  // namespace jobpod
