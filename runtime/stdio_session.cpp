#include "runtime/stdio_session.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "runtime/session_parts.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod {
namespace {

constexpr std::chrono::seconds kDrain{1};  // for pipe ends kept by processes outside the tree

StatusOr<int32_t> OutcomeOf(const std::string& word) {
  shim::FromShim message;
  if (word.empty() || !message.ParseFromString(word)) return absl::UnavailableError("the pod's shim is gone");
  if (message.error_code() == 0) return message.exec().exit_code();
  return Status(static_cast<absl::StatusCode>(message.error_code()), message.error_message());
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

class PipeSession final : public StdioSession {
 public:
  PipeSession(SessionParts parts, const boost::asio::any_io_executor& executor, StdioEnd end)
      : self_(std::make_shared<PipeSession*>(this)),
        input_(std::move(parts.input)),
        output_(std::move(parts.output)),
        error_(std::move(parts.error)),
        control_(std::move(parts.control)),
        end_(std::move(end)) {
    if (parts.input_end_lets_go && input_) ShareInput(executor);
  }

  ~PipeSession() override {
    *self_ = nullptr;
    control_->LetGo();
  }

  void Begin() {
    control_->Start([self = self_](const std::string& word) {
      if (*self != nullptr) (*self)->OnEnd(OutcomeOf(word));
    });
  }

  Channel* standard_input() override { return input_.get(); }
  Channel* standard_output() override { return output_.get(); }
  Channel* standard_error() override { return error_.get(); }

  void Resize(uint16_t width, uint16_t height) override { control_->Resize(width, height); }

 private:
  void ShareInput(const boost::asio::any_io_executor& executor) {
    auto let_go = [self = self_, executor] {
      boost::asio::post(executor, [self] {
        if (*self != nullptr) (*self)->OnEnd(0);
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

  // For what is told later: null once the session is gone.
  const std::shared_ptr<PipeSession*> self_;
  std::unique_ptr<Channel> input_;
  std::unique_ptr<PipeChannel> output_, error_;
  const std::shared_ptr<SessionControl> control_;
  StdioEnd end_;
};

}  // namespace

std::unique_ptr<StdioSession> MakeStdioSession(SessionParts parts, const boost::asio::any_io_executor& executor,
                                               StdioEnd end) {
  auto session = std::make_unique<PipeSession>(std::move(parts), executor, std::move(end));
  session->Begin();
  return session;
}

}  // namespace jobpod
