#include "cri/streaming/websocket_session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace jobpod::streaming {

namespace net = boost::asio;
using Clock = std::chrono::steady_clock;

WebSocketSession::WebSocketSession(net::any_io_executor executor, WebSocketPointer socket,
                                   const ChannelForm& form, SessionLimits limits)
    : executor_(std::move(executor)),
      socket_(std::move(socket)),
      form_(form),
      limits_(limits),
      reader_(form),
      pulse_(executor_),
      active_(Clock::now()) {}

void WebSocketSession::Start(const std::vector<ChannelNumber>& wanted,
                             std::function<void(const Status&)> ended) {
  ended_ = std::move(ended);
  for (size_t i = 0; i < kChannels; ++i) {
    const auto number = static_cast<ChannelNumber>(i);
    channels_[i] = std::make_shared<WebSocketChannel>(executor_, weak_from_this(), number);
    if (std::find(wanted.begin(), wanted.end(), number) == wanted.end()) channels_[i]->inbox_.Drop();
  }
  Pulse();
  ReadMore();
}

void WebSocketSession::GoOn() {
  if (reading_ || over_ || leaving_) return;
  if (Deliver()) ReadMore();
}

void WebSocketSession::ReadMore() {
  if (reading_ || over_ || leaving_) return;
  in_.Recycle();
  reading_ = true;
  socket_->Read(in_.room(), [self = shared_from_this()](const Error& error, size_t size, bool last) {
    self->OnRead(error, size, last);
  });
}

void WebSocketSession::OnRead(const Error& error, size_t size, bool last) {
  reading_ = false;
  if (over_ || leaving_) return;
  if (error)
    return Break(absl::UnavailableError("the client has gone: " + error.message()), CloseCode::kNormal);
  active_ = Clock::now();
  const net::const_buffer filled = in_.Filled(size);
  auto piece = reader_.Feed({static_cast<const char*>(filled.data()), filled.size()}, last);
  if (!piece.ok()) return Break(piece.status(), CloseCode::kInvalidPayload);
  piece_ = *piece;
  GoOn();
}

// False while the channel's reader must take some first.
bool WebSocketSession::Deliver() {
  if (!piece_.channel) return true;
  const WebSocketChannelPointer& to = channel(*piece_.channel);
  while (!piece_.bytes.empty()) {
    const size_t taken = to->inbox_.Accept(piece_.bytes);
    if (taken == 0) return false;
    piece_.bytes.remove_prefix(taken);
  }
  if (piece_.ends) to->inbox_.End(net::error::eof);
  piece_ = {};
  return true;
}

void WebSocketSession::Send(ChannelNumber number, net::const_buffer bytes, Duplex::Handler handler) {
  if (over_ || leaving_) return PostHandler(executor_, std::move(handler), net::error::operation_aborted, 0);
  active_ = Clock::now();
  out_.push_back({number, bytes, std::move(handler)});
  WriteNext();
}

void WebSocketSession::WriteNext() {
  if (writing_ || over_ || out_.empty()) return;
  const Writer& writer = out_.front();
  head_ = ChannelHead(writer.channel, form_);
  const std::string_view body =
      ChannelBody({static_cast<const char*>(writer.bytes.data()), writer.bytes.size()}, form_, encoded_);
  writing_ = true;
  socket_->Write(net::buffer(&head_, 1), net::buffer(body), form_.base64,
                 [self = shared_from_this()](const Error& error) { self->OnWritten(error); });
}

void WebSocketSession::OnWritten(const Error& error) {
  writing_ = false;
  const Writer writer = std::move(out_.front());
  out_.pop_front();
  if (writer.handler) writer.handler(error, error ? 0 : writer.bytes.size());
  if (over_ || leaving_) return;
  if (error)
    return Break(absl::UnavailableError("the client has gone: " + error.message()), CloseCode::kNormal);
  WriteNext();
}

void WebSocketSession::Pulse() {
  pulse_.expires_after(limits_.pulse);
  pulse_.async_wait([weak = weak_from_this()](const Error& error) {
    const auto self = weak.lock();
    if (self && !error && !self->over_) self->OnPulse();
  });
}

// While nothing is read, the client's pings are not answered either, and a vanished client would go
// unnoticed.
void WebSocketSession::OnPulse() {
  if (leaving_) return;
  if (Clock::now() - active_ > limits_.idle_timeout)
    return Break(absl::DeadlineExceededError("the connection was idle for too long"), CloseCode::kGoingAway);
  if (!reading_ && !writing_)
    socket_->Pong([self = shared_from_this()](const Error& error) { self->OnPong(error); });
  Pulse();
}

void WebSocketSession::OnPong(const Error& error) {
  if (error) Break(absl::UnavailableError("the client has gone: " + error.message()), CloseCode::kNormal);
}

void WebSocketSession::Break(const Status& why, CloseCode code) {
  if (over_ || leaving_) return;
  const auto self = shared_from_this();
  const auto ended = std::exchange(ended_, nullptr);
  Leave(code);
  if (ended) ended(why);
}

void WebSocketSession::Finish(std::function<void()> closed) {
  closed_ = std::move(closed);
  if (over_) return net::post(executor_, std::exchange(closed_, nullptr));
  ended_ = nullptr;
  Leave(CloseCode::kNormal);
}

void WebSocketSession::Leave(CloseCode code) {
  if (std::exchange(leaving_, true)) return;
  piece_ = {};
  for (const auto& channel : channels_) channel->inbox_.Fail(net::error::operation_aborted);
  socket_->Close(code, limits_.linger, [self = shared_from_this()] { self->Over(); });
}

void WebSocketSession::Abort() {
  ended_ = nullptr;
  for (const auto& channel : channels_) channel->inbox_.Fail(net::error::operation_aborted);
  Over();
}

void WebSocketSession::Over() {
  if (std::exchange(over_, true)) return;
  socket_->Abort();
  pulse_.cancel();
  for (; out_.size() > (writing_ ? 1 : 0); out_.pop_back())
    PostHandler(executor_, std::move(out_.back().handler), net::error::operation_aborted, 0);
  if (closed_) net::post(executor_, std::exchange(closed_, nullptr));
}

}  // namespace jobpod::streaming
