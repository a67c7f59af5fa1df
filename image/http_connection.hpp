// One connection to one origin, directly or through a proxy, one exchange at a time. Heavy header: only the http_*.cpp files use it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "image/http_client.hpp"

namespace jobpod {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

// What all TLS connections of a client share: reading the system's authorities takes milliseconds.
struct TlsContext {
  explicit TlsContext(const TlsSettings& settings);

  net::ssl::context context{net::ssl::context::tls_client};
  Status status;  // of reading the files the settings name
};

// Every operation runs its own event loop on the calling thread, so that it has a time-out and can be
// cancelled from outside. Not thread-safe.
class HttpConnection {
 public:
  using Parser = http::response_parser<http::buffer_body>;

  HttpConnection(Url url, std::optional<Proxy> proxy, HttpTimeouts timeouts, NameResolver& names)
      : url_(std::move(url)),
        origin_(url_.Origin()),
        authority_(url_.Authority()),
        proxy_(std::move(proxy)),
        timeouts_(timeouts),
        names_(names) {}

  // `tls` is null for plain connections; it outlives this object.
  Status Connect(net::ssl::context* tls, std::stop_token stop);

  // Sends the request and reads the head of the response.
  Status Exchange(const HttpRequest& request, std::stop_token stop);
  StatusOr<size_t> Read(char* buffer, size_t size, std::stop_token stop);

  const Parser& response() const { return *parser_; }
  const std::string& origin() const { return origin_; }
  bool reusable() const { return parser_ && parser_->is_done() && parser_->keep_alive(); }

 private:
  using Error = beast::error_code;

  template <typename Start>
  Error Run(std::chrono::milliseconds timeout, const std::stop_token& stop, Start start);
  Status Explain(const Error& error, std::string_view doing, const std::stop_token& stop) const;
  Status ConnectTcp(const Url& to, const std::stop_token& stop);
  Error ConnectToAny(const std::vector<std::string>& addresses, uint16_t port, const std::stop_token& stop);
  Status OpenTunnel(const std::stop_token& stop);
  Status ConnectTls(net::ssl::context& tls, const std::stop_token& stop);
  http::request<http::string_body> Compose(const HttpRequest& request) const;
  // Too slow is as good as stalled: counts only the time spent waiting here.
  Status NotePace(size_t got, std::chrono::steady_clock::duration waited);

  const Url url_;  // whose host and port are meant
  const std::string origin_;
  const std::string authority_;
  const std::optional<Proxy> proxy_;
  const HttpTimeouts timeouts_;
  NameResolver& names_;
  net::io_context io_{1};
  beast::tcp_stream tcp_{io_};
  std::optional<net::ssl::stream<beast::tcp_stream&>> tls_;
  beast::flat_buffer buffer_{1u << 20};
  std::optional<Parser> parser_;
  std::chrono::steady_clock::duration waited_{0};
  size_t got_ = 0;  // meanwhile
};

}  // namespace jobpod
