// One accepted connection until it has said what it wants: reads the HTTP request, answers it, and hands the
// connection on to a conversation.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "cri/streaming/conversation.hpp"
#include "cri/streaming/upgrade.hpp"

namespace jobpod::streaming {

// Not thread-safe: on the socket's executor. Keeps itself alive.
class Visitor : public std::enable_shared_from_this<Visitor> {
 public:
  // Runs once: the conversation that follows, not started, or null when there is none.
  using Done = std::function<void(std::shared_ptr<Conversation>)>;

  Visitor(boost::asio::ip::tcp::socket socket, Tickets& tickets, const ConversationSettings& settings,
          std::chrono::milliseconds timeout)
      : stream_(std::move(socket)), tickets_(tickets), settings_(settings), timeout_(timeout) {}

  void Start(Done done);
  // Closes the connection; `done` does not run.
  void Abort();

 private:
  using Error = boost::system::error_code;

  void OnRequest(const Error& error);
  // The refusal, or none: then ticket_ and upgrade_ are set.
  std::optional<HttpResponse> Examine();
  void Send(HttpResponse response);
  void OnSent(const Error& error);
  void Drain();
  void AcceptWebSocket();
  void OnAccepted(const Error& error);
  void End(std::shared_ptr<Conversation> conversation);

  boost::beast::tcp_stream stream_;
  Tickets& tickets_;
  const ConversationSettings settings_;
  const std::chrono::milliseconds timeout_;
  Done done_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  HttpResponse response_;
  WebSocketPointer socket_;
  Upgrade upgrade_;
  std::optional<Ticket> ticket_;  // once the request is accepted
};

}  // namespace jobpod::streaming
