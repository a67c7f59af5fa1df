#include "cri/streaming/spdy_session.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <cstring>

namespace jobpod::streaming {
namespace {

namespace net = boost::asio;
using Clock = std::chrono::steady_clock;

constexpr size_t kSmallestInput = 4u << 10, kLargestInput = 64u << 10;
static_assert(kLargestInput >= SpdyParser::kLargestControl + kFrameHeadBytes);
// Nothing is read while more than this waits to be sent: a client that asks without listening stops here.
constexpr size_t kMostUnsent = 256u << 10;

}  // namespace

SpdySession::SpdySession(net::any_io_executor executor, DuplexPointer transport, SessionLimits limits)
    : executor_(std::move(executor)),
      transport_(std::move(transport)),
      limits_(limits),
      in_(kSmallestInput),
      pulse_(executor_),
      linger_(executor_),
      active_(Clock::now()) {}

void SpdySession::Start(Events events) {
  events_ = std::move(events);
  Pulse();
  ReadMore();
}

void SpdySession::GoOn() {
  if (working_ || over_ || leaving_) return;
  working_ = true;
  while (Step()) continue;
  working_ = false;
  ReadMore();
}

void SpdySession::ReadMore() {
  if (reading_ || over_ || data_ || out_.size() > kMostUnsent) return;
  if (begin_ > 0) std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  if (std::exchange(grow_, false)) in_.resize(in_.size() * 4);
  reading_ = true;
  transport_->Read(
      net::buffer(in_.data() + end_, in_.size() - end_),
      [self = shared_from_this()](const Error& error, size_t size) { self->OnRead(error, size); });
}

void SpdySession::OnRead(const Error& error, size_t size) {
  reading_ = false;
  if (over_) return;
  if (error) return OnReadError(error);
  active_ = Clock::now();
  if (leaving_) return ReadMore();  // over what was read before
  end_ += size;
  grow_ = end_ == in_.size() && end_ < kLargestInput;
  GoOn();
}

void SpdySession::OnReadError(const Error& error) {
  peer_closed_ = error == net::error::eof;
  if (!leaving_) return Break(absl::UnavailableError("the client has gone"), GoAwayReason::kOk);
  if (!peer_closed_ || (out_.empty() && sending_.empty())) Over();
}

// One event. False when it must wait for the client, for a stream's reader or for answers to leave.
bool SpdySession::Step() {
  if (over_ || leaving_ || out_.size() > kMostUnsent) return false;
  if (data_) return TakeData();
  std::string_view input(in_.data() + begin_, end_ - begin_);
  auto event = parser_.Next(input);
  begin_ = end_ - input.size();
  if (!event.ok()) {
    Break(event.status(), GoAwayReason::kProtocolError);
    return false;
  }
  if (!*event) return false;
  std::visit([this](auto& happened) { Take(std::move(happened)); }, **event);
  return true;
}

bool SpdySession::TakeData() {
  const auto found = streams_.find(data_->id);
  const size_t size = data_->bytes.size();
  const size_t taken = found == streams_.end() ? size : found->second->inbox_.Accept(data_->bytes);
  data_->bytes.remove_prefix(taken);
  if (taken < size) return taken > 0;
  const bool finished = std::exchange(data_, std::nullopt)->finished;
  if (found == streams_.end() || !finished) return true;
  const SpdyStreamPointer stream = found->second;
  stream->inbox_.End(net::error::eof);
  if (stream->done()) Forget(stream->id());
  return true;
}

void SpdySession::Take(StreamOpened opened) {
  if (streams_.size() >= limits_.max_streams) return SendReset(opened.id, ResetReason::kRefusedStream);
  const auto stream =
      std::make_shared<SpdyStream>(executor_, weak_from_this(), opened.id, std::move(opened.headers));
  streams_[opened.id] = stream;
  std::string payload;
  AppendNumber(payload, opened.id);
  AppendControl(out_, FrameType::kSynReply, 0, payload + headers_.Write({}));
  if (opened.finished) stream->inbox_.End(net::error::eof);
  if (events_.opened) events_.opened(stream);
  Flush();
}

void SpdySession::Take(const StreamReset& reset) {
  const auto found = streams_.find(reset.id);
  if (found == streams_.end()) return;
  const SpdyStreamPointer stream = found->second;
  streams_.erase(found);
  stream->End(net::error::connection_reset);
}

// An answer to one of ours has an even id.
void SpdySession::Take(const Pinged& ping) {
  if (ping.id % 2 == 0) return;
  AppendPing(out_, ping.id);
  Flush();
}

void SpdySession::SendData(uint32_t id, net::const_buffer bytes, Duplex::Handler handler) {
  if (over_ || leaving_) return PostHandler(executor_, std::move(handler), net::error::operation_aborted, 0);
  std::string_view rest(static_cast<const char*>(bytes.data()), bytes.size());
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, kLargestDataFrame);
    AppendDataHead(out_, id, 0, piece.size());
    out_ += piece;
    rest.remove_prefix(piece.size());
  }
  active_ = Clock::now();
  writers_.push_back({std::move(handler), bytes.size()});
  Flush();
}

void SpdySession::SendFinished(uint32_t id) {
  if (over_ || leaving_) return;
  AppendDataHead(out_, id, kFlagFin, 0);
  Flush();
}

void SpdySession::SendReset(uint32_t id, ResetReason reason) {
  if (over_ || leaving_) return;
  AppendReset(out_, id, reason);
  Flush();
}

void SpdySession::Flush() {
  if (over_ || !sending_.empty()) return;
  if (out_.empty()) {
    if (leaving_) transport_->Close();
    if (peer_closed_) Over();
    return;
  }
  sending_.swap(out_);
  sent_.swap(writers_);
  transport_->Write(net::buffer(sending_),
                    [self = shared_from_this()](const Error& error, size_t) { self->OnFlushed(error); });
}

void SpdySession::OnFlushed(const Error& error) {
  sending_.clear();
  for (const Writer& writer : std::exchange(sent_, {})) writer.handler(error, error ? 0 : writer.size);
  if (over_) return;
  if (error)
    return leaving_ ? Over() : Break(absl::UnavailableError("the client has gone"), GoAwayReason::kOk);
  Flush();
  GoOn();
}

void SpdySession::Pulse() {
  pulse_.expires_after(limits_.pulse);
  pulse_.async_wait([weak = weak_from_this()](const Error& error) {
    const auto self = weak.lock();
    if (self && !error && !self->over_) self->OnPulse();
  });
}

// While nothing can be read, a vanished client would go unnoticed: a PING makes its host answer with a reset.
void SpdySession::OnPulse() {
  if (Clock::now() - active_ > limits_.idle_timeout)
    return Break(absl::DeadlineExceededError("the connection was idle for too long"), GoAwayReason::kOk);
  if (!reading_ && !leaving_ && out_.empty() && sending_.empty()) {
    AppendPing(out_, std::exchange(next_ping_, next_ping_ + 2));
    Flush();
  }
  Pulse();
}

void SpdySession::Break(const Status& why, GoAwayReason reason) {
  if (over_ || leaving_) return;
  const auto self = shared_from_this();
  const auto ended = std::exchange(events_, {}).ended;
  Leave(reason);
  if (ended) ended(why);
}

void SpdySession::Finish(std::function<void()> closed) {
  closed_ = std::move(closed);
  if (over_) return net::post(executor_, std::exchange(closed_, nullptr));
  events_ = {};
  Leave(GoAwayReason::kOk);
}

void SpdySession::Leave(GoAwayReason reason) {
  if (leaving_) return;
  AppendGoAway(out_, parser_.last_stream_id(), reason);
  leaving_ = true;
  data_.reset();
  begin_ = end_ = 0;
  EndStreams();
  linger_.expires_after(limits_.linger);
  linger_.async_wait([weak = weak_from_this()](const Error& error) {
    const auto self = weak.lock();
    if (self && !error) self->Over();
  });
  Flush();
  ReadMore();
}

void SpdySession::EndStreams() {
  for (const auto& [id, stream] : std::exchange(streams_, {})) stream->End(net::error::operation_aborted);
}

void SpdySession::Abort() {
  events_ = {};
  EndStreams();
  Over();
}

void SpdySession::Over() {
  if (std::exchange(over_, true)) return;
  transport_->Abort();
  pulse_.cancel();
  linger_.cancel();
  for (Writer& writer : std::exchange(writers_, {}))
    PostHandler(executor_, std::move(writer.handler), net::error::operation_aborted, 0);
  if (closed_) net::post(executor_, std::exchange(closed_, nullptr));
}

}  // namespace jobpod::streaming
