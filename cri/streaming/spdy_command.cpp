// exec and attach over SPDY: collects the streams the client opens, then lets RemoteCommand work on them.
#include <boost/asio/steady_timer.hpp>

#include "base/log.hpp"
#include "cri/streaming/conversation.hpp"
#include "cri/streaming/remote_command.hpp"
#include "cri/streaming/spdy_session.hpp"

namespace jobpod::streaming {
namespace {

StatusForm FormOf(std::string_view subprotocol) {
  return subprotocol == "v4.channel.k8s.io" ? StatusForm::kJson : StatusForm::kText;
}

bool HasResize(std::string_view subprotocol) {
  return subprotocol == "v4.channel.k8s.io" || subprotocol == "v3.channel.k8s.io";
}

class SpdyCommand final : public Conversation, public std::enable_shared_from_this<SpdyCommand> {
 public:
  SpdyCommand(const ConversationSettings& settings, Ticket ticket, const std::string& subprotocol,
              DuplexPointer transport)
      : stdio_(ticket.stdio),
        resizes_(stdio_.terminal && HasResize(subprotocol)),
        stream_timeout_(settings.stream_timeout),
        timer_(settings.executor),
        session_(std::make_shared<SpdySession>(settings.executor, std::move(transport), settings.limits)),
        command_(std::make_shared<RemoteCommand>(settings.executor, settings.workers, std::move(ticket),
                                                 FormOf(subprotocol))) {}

  void Start(std::function<void()> over) override {
    over_ = std::move(over);
    timer_.expires_after(stream_timeout_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->GiveUp();
    });
    session_->Start({[weak = weak_from_this()](SpdyStreamPointer stream) {
                       if (const auto self = weak.lock()) self->OnStream(stream);
                     },
                     [weak = weak_from_this()](const Status& why) {
                       if (const auto self = weak.lock()) self->OnEnded(why);
                     }});
  }

  void Leave(const Status& why) override {
    if (opened_ == Wanted()) return command_->Fail(why);
    session_->Finish([self = shared_from_this()] { self->Over(); });
  }

  void Abort() override {
    over_ = nullptr;
    timer_.cancel();
    command_->Abort();
    session_->Abort();
  }

 private:
  // Where a stream of this type belongs; null when it was not asked for.
  DuplexPointer* PlaceOf(std::string_view type) {
    if (type == "error") return &streams_.error;
    if (type == "stdin" && stdio_.standard_input) return &streams_.standard_input;
    if (type == "stdout" && stdio_.standard_output) return &streams_.standard_output;
    if (type == "stderr" && stdio_.standard_error) return &streams_.standard_error;
    return type == "resize" && resizes_ ? &streams_.resize : nullptr;
  }

  int Wanted() const {
    return 1 + stdio_.standard_input + stdio_.standard_output + stdio_.standard_error + resizes_;
  }

  void OnStream(const SpdyStreamPointer& stream) {
    const std::string& type = stream->header("streamtype");
    DuplexPointer* place = PlaceOf(type);
    if (place == nullptr || *place) return stream->Abort();
    *place = stream;
    if (type != "stdin" && type != "resize") stream->DropInput();
    if (++opened_ < Wanted()) return;
    timer_.cancel();
    command_->Start(streams_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->session_->Finish([self] { self->Over(); });
    });
  }

  void GiveUp() {
    log::debug("streaming: a client did not open its streams in time");
    session_->Finish([self = shared_from_this()] { self->Over(); });
  }

  void OnEnded(const Status& why) {
    log::debug("streaming: {}", Message(why));
    timer_.cancel();
    command_->Abort();
    session_->Finish([self = shared_from_this()] { self->Over(); });
  }

  void Over() {
    if (const auto over = std::exchange(over_, nullptr)) over();
  }

  const StdioRequest stdio_;
  const bool resizes_;
  const std::chrono::milliseconds stream_timeout_;
  boost::asio::steady_timer timer_;
  const std::shared_ptr<SpdySession> session_;
  const std::shared_ptr<RemoteCommand> command_;
  ClientStreams streams_;
  int opened_ = 0;
  std::function<void()> over_;
};

}  // namespace

std::shared_ptr<Conversation> MakeSpdyCommand(const ConversationSettings& settings, Ticket ticket,
                                              const std::string& subprotocol, DuplexPointer transport) {
  return std::make_shared<SpdyCommand>(settings, std::move(ticket), subprotocol, std::move(transport));
}

}  // namespace jobpod::streaming
