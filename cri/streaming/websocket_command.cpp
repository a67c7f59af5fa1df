// exec and attach over a WebSocket: its channels are there from the start, so the command begins at once.
#include "base/log.hpp"
#include "cri/streaming/conversation.hpp"
#include "cri/streaming/remote_command.hpp"
#include "cri/streaming/websocket_session.hpp"

namespace jobpod::streaming {
namespace {

class WebSocketCommand final : public Conversation, public std::enable_shared_from_this<WebSocketCommand> {
 public:
  WebSocketCommand(const ConversationSettings& settings, Ticket ticket, const ChannelForm& form,
                   WebSocketPointer socket)
      : stdio_(ticket.stdio),
        session_(
            std::make_shared<WebSocketSession>(settings.executor, std::move(socket), form, settings.limits)),
        command_(std::make_shared<RemoteCommand>(settings.executor, settings.workers, std::move(ticket),
                                                 form.status)) {}

  void Start(std::function<void()> over) override {
    over_ = std::move(over);
    session_->Start(Wanted(), [weak = weak_from_this()](const Status& why) {
      if (const auto self = weak.lock()) self->OnEnded(why);
    });
    const ClientStreams streams = Streams();
    Greet(streams);
    command_->Start(streams, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->session_->Finish([self] { self->Over(); });
    });
  }

  void Leave(const Status& why) override { command_->Fail(why); }

  void Abort() override {
    over_ = nullptr;
    command_->Abort();
    session_->Abort();
  }

 private:
  std::vector<ChannelNumber> Wanted() const {
    std::vector<ChannelNumber> wanted;
    if (stdio_.standard_input) wanted.push_back(ChannelNumber::kStandardInput);
    if (stdio_.terminal) wanted.push_back(ChannelNumber::kResize);
    return wanted;
  }

  ClientStreams Streams() const {
    const auto channel = [this](bool wanted, ChannelNumber number) {
      return wanted ? session_->channel(number) : nullptr;
    };
    return {.error = channel(true, ChannelNumber::kError),
            .standard_input = channel(stdio_.standard_input, ChannelNumber::kStandardInput),
            .standard_output = channel(stdio_.standard_output, ChannelNumber::kStandardOutput),
            .standard_error = channel(stdio_.standard_error, ChannelNumber::kStandardError),
            .resize = channel(stdio_.terminal, ChannelNumber::kResize)};
  }

  // An empty message on the first channel the client reads says that all is set up; clients of the reference
  // server wait for it.
  static void Greet(const ClientStreams& streams) {
    const auto& first = streams.standard_output  ? streams.standard_output
                        : streams.standard_error ? streams.standard_error
                                                 : streams.error;
    first->Write({}, [](const boost::system::error_code&, size_t) {});
  }

  void OnEnded(const Status& why) {
    log::debug("streaming: {}", Message(why));
    command_->Abort();
    session_->Finish([self = shared_from_this()] { self->Over(); });
  }

  void Over() {
    if (const auto over = std::exchange(over_, nullptr)) over();
  }

  const StdioRequest stdio_;
  const std::shared_ptr<WebSocketSession> session_;
  const std::shared_ptr<RemoteCommand> command_;
  std::function<void()> over_;
};

}  // namespace

std::shared_ptr<Conversation> MakeWebSocketCommand(const ConversationSettings& settings, Ticket ticket,
                                                   const std::string& subprotocol, WebSocketPointer socket) {
  return std::make_shared<WebSocketCommand>(settings, std::move(ticket), ChannelFormOf(subprotocol),
                                            std::move(socket));
}

}  // namespace jobpod::streaming
