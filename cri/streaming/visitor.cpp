#include "cri/streaming/visitor.hpp"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "cri/streaming/tcp_duplex.hpp"
#include "cri/streaming/websocket_duplex.hpp"

namespace jobpod::streaming {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;

constexpr uint32_t kMostHeader = 16u << 10;
constexpr size_t kDropped = 4u << 10;

}  // namespace

void Visitor::Start(Done done) {
  done_ = std::move(done);
  parser_.emplace();
  parser_->header_limit(kMostHeader);
  parser_->body_limit(uint64_t{0});
  stream_.expires_after(timeout_);
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](const Error& error, size_t) {
    if (self->done_) self->OnRequest(error);
  });
}

void Visitor::Abort() {
  done_ = nullptr;
  stream_.close();
  if (socket_) socket_->Abort();
}

void Visitor::OnRequest(const Error& error) {
  const bool spoke = buffer_.size() > 0 || parser_->got_some();
  if (error == beast::error::timeout || error == http::error::end_of_stream || (error && !spoke))
    return End(nullptr);
  if (error)
    return Send(Refusal(http::status::bad_request, Concat("this is no HTTP request: ", error.message())));
  if (auto refusal = Examine()) return Send(*std::move(refusal));
  if (upgrade_.transport == Transport::kWebSocket) return AcceptWebSocket();
  Send(AcceptSpdy(upgrade_.subprotocol));
}

// The token is used up by the attempt, whatever becomes of it.
std::optional<HttpResponse> Visitor::Examine() {
  const auto& request = parser_->get();
  const auto target = ParseTarget(request.target());
  auto ticket = target ? tickets_.Take(target->kind, target->token) : std::nullopt;
  if (!ticket)
    return Refusal(http::status::not_found,
                   "there is nothing here: the URL was used already, is too old, or is wrong");
  if (request.method() != http::verb::get && request.method() != http::verb::post)
    return Refusal(http::status::method_not_allowed, "use GET or POST");
  auto negotiated = Negotiate(request, target->kind);
  if (auto* refusal = std::get_if<HttpResponse>(&negotiated)) return std::move(*refusal);
  upgrade_ = std::get<Upgrade>(std::move(negotiated));
  if (upgrade_.transport == Transport::kWebSocket && buffer_.size() > 0)
    return Refusal(http::status::bad_request, "there are bytes behind the request; wait for its answer");
  ticket_ = std::move(ticket);
  return std::nullopt;
}

void Visitor::Send(HttpResponse response) {
  response_ = std::move(response);
  stream_.expires_after(timeout_);
  http::async_write(stream_, response_, [self = shared_from_this()](const Error& error, size_t) {
    if (self->done_) self->OnSent(error);
  });
}

void Visitor::OnSent(const Error& error) {
  if (error) return End(nullptr);
  if (!ticket_) return Drain();
  stream_.expires_never();
  auto transport = MakeTcpDuplex(stream_.release_socket(), beast::buffers_to_string(buffer_.data()));
  if (ticket_->kind == Kind::kPortForward)
    return End(MakePortForward(settings_, *std::move(ticket_), std::move(transport)));
  End(MakeSpdyCommand(settings_, *std::move(ticket_), upgrade_.subprotocol, std::move(transport)));
}

// A close with unread bytes would destroy the refusal before the client has read it.
void Visitor::Drain() {
  Error ignored;
  stream_.socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kDropped), [self = shared_from_this()](const Error& error, size_t) {
    if (self->done_) error ? self->End(nullptr) : self->Drain();
  });
}

void Visitor::AcceptWebSocket() {
  stream_.expires_never();
  socket_ = MakeWebSocket(stream_.release_socket());
  socket_->Accept(parser_->get(), upgrade_.subprotocol, timeout_,
                  [self = shared_from_this()](const Error& error) {
                    if (self->done_) self->OnAccepted(error);
                  });
}

void Visitor::OnAccepted(const Error& error) {
  if (error) return End(nullptr);
  if (ticket_->kind != Kind::kPortForward)
    return End(
        MakeWebSocketCommand(settings_, *std::move(ticket_), upgrade_.subprotocol, std::move(socket_)));
  End(MakePortForward(settings_, *std::move(ticket_),
                      MakeWebSocketDuplex(std::move(socket_), settings_.limits.linger)));
}

void Visitor::End(std::shared_ptr<Conversation> conversation) {
  std::exchange(done_, nullptr)(std::move(conversation));
}

}  // namespace jobpod::streaming
