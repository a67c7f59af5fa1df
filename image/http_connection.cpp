#include "image/http_connection.hpp"

#include <openssl/err.h>

#include <boost/asio/ssl/host_name_verification.hpp>

#include <limits>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "image/name_resolver.hpp"

namespace jobpod {
namespace {

constexpr size_t kReadAhead = 256u << 10;
constexpr uint32_t kMaxHead = 64u << 10;
constexpr size_t kLeastPace = 1024;  // bytes in one stall time-out

bool IsAddress(const std::string& host) {
  beast::error_code error;
  net::ip::make_address(host, error);
  return !error;
}

// Of a proxy: its status is seen, but none of what it says.
Status RefusedBy(const Proxy& proxy, unsigned status, const std::string& authority) {
  const bool later = status >= 500;
  return Status(later ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition,
                Concat("the proxy ", proxy.url.Authority(), " answered HTTP ", status, " when asked for ", authority,
                       later ? "" : "; see HTTPS_PROXY and NO_PROXY in the daemon's environment"));
}

}  // namespace

http::request<http::string_body> HttpConnection::Compose(const HttpRequest& request) const {
  http::request<http::string_body> out;
  const bool by_proxy = proxy_ && !url_.secure();  // a tunnel does not look inside
  out.method_string(request.method);
  out.target(by_proxy ? Concat(url_.scheme, "://", authority_, request.url.target) : request.url.target);
  out.version(11);
  out.set(http::field::host, authority_);
  out.set(http::field::user_agent, "jobpod/0.1");
  if (by_proxy && !proxy_->authorization.empty())
    out.set(http::field::proxy_authorization, proxy_->authorization);
  for (const auto& [name, value] : request.headers) {
    // Some headers come several times; of this one the last, the pull's own, counts.
    if (beast::iequals(name, "Authorization")) out.erase(name);
    out.insert(name, value);
  }
  out.body() = request.body;
  if (!request.body.empty()) out.prepare_payload();
  return out;
}

// `start` begins one asynchronous operation and calls what it is given when that is over. The loop runs
// until then; a stop request closes the socket, which ends it.
template <typename Start>
HttpConnection::Error HttpConnection::Run(std::chrono::milliseconds timeout, const std::stop_token& stop,
                                          Start start) {
  Error result = net::error::operation_aborted;
  tcp_.expires_after(timeout);
  start([&result](Error error, auto&&...) { result = error; });
  const auto close = [this] { net::post(io_, [this] { tcp_.close(); }); };
  const std::stop_callback on_stop(stop, close);
  io_.restart();
  io_.run();
  return result;
}

Status HttpConnection::Explain(const Error& error, std::string_view doing,
                               const std::stop_token& stop) const {
  if (stop.stop_requested()) return absl::CancelledError("cancelled");
  if (!error) return absl::OkStatus();
  const std::string what = Concat(doing, " ", authority_, ": ");
  if (error == beast::error::timeout) return absl::UnavailableError(Concat(what, "no answer in time"));
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == net::ssl::error::stream_truncated || error == net::error::eof)
    return absl::UnavailableError(Concat(what, "the connection was closed early"));
  if (error.category() == http::make_error_code(http::error::bad_value).category())
    return absl::UnavailableError(Concat(what, "the answer is not valid HTTP (", error.message(), ")"));
  // A server that speaks TLS 1.3 looks at the client's certificate after the handshake is over here.
  if (doing == "ask" && error.category() == net::error::get_ssl_category())
    return absl::FailedPreconditionError(
        Concat(what, error.message(),
               "; if the registry asks for a client certificate, name it as \"client\" in its hosts.toml"));
  return absl::UnavailableError(Concat(what, error.message()));
}

Status HttpConnection::ConnectTcp(const Url& to, const std::stop_token& stop) {
  const auto addresses = names_.Resolve(to.host, timeouts_.connect, stop);
  if (absl::IsCancelled(addresses.status())) return addresses.status();
  if (!addresses.ok())
    return Annotate(addresses.status(), Concat(proxy_ ? "look up the proxy for " : "look up ", authority_));
  const Error connected = ConnectToAny(*addresses, static_cast<uint16_t>(std::stoul(to.port)), stop);
  RETURN_IF_ERROR(Explain(connected, proxy_ ? "connect to the proxy for" : "connect to", stop));
  Error ignored;
  tcp_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
  return absl::OkStatus();
}

// One after the other, each with its share of the time that is left, so that one that is dead does not use up
// all of it.
HttpConnection::Error HttpConnection::ConnectToAny(const std::vector<std::string>& addresses, uint16_t port,
                                                   const std::stop_token& stop) {
  const Deadline deadline = After(timeouts_.connect);
  Error error = net::error::host_not_found;
  for (size_t i = 0; i < addresses.size() && error && !stop.stop_requested(); ++i) {
    const net::ip::tcp::endpoint address(net::ip::make_address(addresses[i]), port);
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto share = std::max(left / static_cast<int>(addresses.size() - i), std::chrono::milliseconds(1));
    tcp_.close();
    error = Run(share, stop, [&](auto done) { tcp_.async_connect(address, done); });
  }
  return error;
}

Status HttpConnection::Connect(net::ssl::context* tls, std::stop_token stop) {
  RETURN_IF_ERROR(ConnectTcp(proxy_ ? proxy_->url : url_, stop));
  if (tls == nullptr) return absl::OkStatus();
  if (proxy_) RETURN_IF_ERROR(OpenTunnel(stop));
  return ConnectTls(*tls, stop);
}

Status HttpConnection::OpenTunnel(const std::stop_token& stop) {
  http::request<http::empty_body> ask(http::verb::connect, Concat(url_.HostText(), ":", url_.port), 11);
  ask.set(http::field::host, ask.target());
  if (!proxy_->authorization.empty()) ask.set(http::field::proxy_authorization, proxy_->authorization);
  Error error =
      Run(timeouts_.connect, stop, [&](auto done) { http::async_write(tcp_, ask, done); });
  http::response_parser<http::empty_body> answer;
  answer.header_limit(kMaxHead);
  answer.skip(true);
  if (!error)
    error = Run(timeouts_.connect, stop,
                [&](auto done) { http::async_read_header(tcp_, buffer_, answer, done); });
  RETURN_IF_ERROR(Explain(error, "ask the proxy for", stop));
  if (answer.get().result() != http::status::ok)
    return RefusedBy(*proxy_, answer.get().result_int(), authority_);
  buffer_.clear();
  return absl::OkStatus();
}

Status HttpConnection::ConnectTls(net::ssl::context& tls, const std::stop_token& stop) {
  tls_.emplace(tcp_, tls);
  if (!IsAddress(url_.host)) SSL_set_tlsext_host_name(tls_->native_handle(), url_.host.c_str());
  Error error;
  if (SSL_get_verify_mode(tls_->native_handle()) != SSL_VERIFY_NONE)
    tls_->set_verify_callback(net::ssl::host_name_verification(url_.host), error);
  error = Run(timeouts_.connect, stop,
              [&](auto done) { tls_->async_handshake(net::ssl::stream_base::client, done); });
  if (error && error.category() == net::error::get_ssl_category() && !stop.stop_requested())
    return absl::FailedPreconditionError(
        Concat("TLS with ", authority_, ": ", error.message(),
               "; if the registry has its own CA, name it as \"ca\" in its hosts.toml"));
  return Explain(error, "TLS with", stop);
}

Status HttpConnection::Exchange(const HttpRequest& request, std::stop_token stop) {
  parser_.emplace();
  got_ = 0;
  waited_ = {};
  parser_->header_limit(kMaxHead);
  parser_->body_limit(std::numeric_limits<uint64_t>::max());  // the readers have limits of their own
  parser_->skip(request.method == "HEAD");
  buffer_.reserve(kReadAhead);
  const auto message = Compose(request);
  const auto both = [&](auto& stream) {
    const Error sent =
        Run(timeouts_.first_byte, stop, [&](auto done) { http::async_write(stream, message, done); });
    if (sent) return sent;
    return Run(timeouts_.first_byte, stop,
               [&](auto done) { http::async_read_header(stream, buffer_, *parser_, done); });
  };
  return Explain(tls_ ? both(*tls_) : both(tcp_), "ask", stop);
}

Status HttpConnection::NotePace(size_t got, std::chrono::steady_clock::duration waited) {
  got_ += got;
  waited_ += waited;
  const bool slow = got_ < kLeastPace;
  if (slow && waited_ < timeouts_.stall) return absl::OkStatus();
  if (slow)
    return absl::UnavailableError(Concat("read from ", authority_, ": it sends less than ", kLeastPace, " bytes in ",
                                         timeouts_.stall.count(), " ms, which is given up as stalled"));
  got_ = 0;
  waited_ = {};
  return absl::OkStatus();
}

StatusOr<size_t> HttpConnection::Read(char* buffer, size_t size, std::stop_token stop) {
  auto& body = parser_->get().body();
  const auto read = [&](auto& stream) {
    return Run(timeouts_.stall, stop,
               [&](auto done) { http::async_read_some(stream, buffer_, *parser_, done); });
  };
  while (!parser_->is_done()) {
    body.data = buffer;
    body.size = size;
    const auto start = std::chrono::steady_clock::now();
    const Error error = tls_ ? read(*tls_) : read(tcp_);
    if (error != http::error::need_buffer) RETURN_IF_ERROR(Explain(error, "read from", stop));
    const size_t got = size - body.size;
    if (!parser_->is_done()) RETURN_IF_ERROR(NotePace(got, std::chrono::steady_clock::now() - start));
    if (got > 0) return got;
  }
  return 0;
}

}  // namespace jobpod
