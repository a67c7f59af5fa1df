// portforward.k8s.io: for each connection the client opens an error and a data stream that belong together.
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <map>

#include "base/log.hpp"
#include "cri/streaming/conversation.hpp"
#include "cri/streaming/forwarded_connection.hpp"
#include "cri/streaming/spdy_session.hpp"

namespace jobpod::streaming {
namespace {

// 0 when there is none.
uint16_t PortOf(const SpdyStream& stream) {
  const std::string& text = stream.header("port");
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && stop == end ? port : 0;
}

// Old clients name no request; their data stream follows its error stream.
std::string RequestOf(const SpdyStream& stream, bool is_data) {
  const std::string& id = stream.header("requestid");
  return !id.empty() ? id : Concat("#", stream.id() - (is_data ? 2 : 0));
}

class PortForward final : public Conversation, public std::enable_shared_from_this<PortForward> {
 public:
  PortForward(const ConversationSettings& settings, Ticket ticket, DuplexPointer transport)
      : executor_(settings.executor),
        ticket_(std::move(ticket)),
        stream_timeout_(settings.stream_timeout),
        session_(std::make_shared<SpdySession>(settings.executor, std::move(transport), settings.limits)) {}

  void Start(std::function<void()> over) override {
    over_ = std::move(over);
    session_->Start({[weak = weak_from_this()](SpdyStreamPointer stream) {
                       if (const auto self = weak.lock()) self->OnStream(stream);
                     },
                     [weak = weak_from_this()](const Status& why) {
                       if (const auto self = weak.lock()) self->OnEnded(why);
                     }});
  }

  void Leave(const Status& why) override { OnEnded(why); }

  void Abort() override {
    over_ = nullptr;
    half_.clear();
    session_->Abort();
  }

 private:
  // A connection of which one stream is there.
  struct Half {
    SpdyStreamPointer error, data;
    std::shared_ptr<boost::asio::steady_timer> timer;
  };

  void OnStream(const SpdyStreamPointer& stream) {
    const std::string& type = stream->header("streamtype");
    const bool is_data = type == "data";
    if ((!is_data && type != "error") || PortOf(*stream) == 0) return stream->Abort();
    const std::string request = RequestOf(*stream, is_data);
    Half& half = half_[request];
    SpdyStreamPointer& place = is_data ? half.data : half.error;
    if (place) return stream->Abort();
    place = stream;
    if (!is_data) stream->DropInput();
    if (half.error && half.data) return Connect(request);
    Wait(request, half);
  }

  void Connect(const std::string& request) {
    const Half pair = std::move(half_.extract(request).mapped());
    const uint16_t port = PortOf(*pair.data);
    std::make_shared<ForwardedConnection>(pair.data, pair.error)
        ->Start(executor_, port, ticket_.admit_port ? ticket_.admit_port(port) : absl::OkStatus());
  }

  void Wait(const std::string& request, Half& half) {
    half.timer = std::make_shared<boost::asio::steady_timer>(executor_, stream_timeout_);
    half.timer->async_wait([weak = weak_from_this(), request](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->GiveUp(request);
    });
  }

  void GiveUp(const std::string& request) {
    const auto half = half_.extract(request);
    if (half.empty()) return;
    for (const auto& stream : {half.mapped().error, half.mapped().data}) {
      if (stream) stream->Abort();
    }
  }

  void OnEnded(const Status& why) {
    log::debug("streaming: {}", Message(why));
    half_.clear();
    session_->Finish([self = shared_from_this()] {
      if (const auto over = std::exchange(self->over_, nullptr)) over();
    });
  }

  const boost::asio::any_io_executor executor_;
  const Ticket ticket_;
  const std::chrono::milliseconds stream_timeout_;
  const std::shared_ptr<SpdySession> session_;
  std::map<std::string, Half> half_;
  std::function<void()> over_;
};

}  // namespace

std::shared_ptr<Conversation> MakePortForward(const ConversationSettings& settings, Ticket ticket,
                                              DuplexPointer transport) {
  return std::make_shared<PortForward>(settings, std::move(ticket), std::move(transport));
}

}  // namespace jobpod::streaming
