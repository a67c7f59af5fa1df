#include "image/http_connection.hpp"

#include <openssl/err.h>

#include <boost/asio/ssl/host_name_verification.hpp>

#include <limits>

#include "base/text.hpp"

namespace jobpod {
namespace {

constexpr size_t kReadAhead = 256u << 10;
constexpr uint32_t kMaxHead = 64u << 10;

http::request<http::string_body> Compose(const HttpRequest& request, const std::string& authority) {
  http::request<http::string_body> out;
  out.method_string(request.method);
  out.target(request.url.target);
  out.version(11);
  out.set(http::field::host, authority);
  out.set(http::field::user_agent, "jobpod/0.1");
  for (const auto& [name, value] : request.headers) {
    // Some headers come several times; of this one the last, the pull's own, counts.
    if (beast::iequals(name, "Authorization")) out.erase(name);
    out.insert(name, value);
  }
  out.body() = request.body;
  if (!request.body.empty()) out.prepare_payload();
  return out;
}

}  // namespace

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
  return absl::UnavailableError(Concat(what, error.message()));
}

Status HttpConnection::Connect(const Url& url, net::ssl::context* tls, std::stop_token stop) {
  net::ip::tcp::resolver resolver(io_);
  net::ip::tcp::resolver::results_type addresses;
  const Error resolved = Run(timeouts_.connect, stop, [&](auto done) {
    resolver.async_resolve(url.host, url.port, [&addresses, done](Error error, const auto& found) mutable {
      addresses = found;
      done(error);
    });
  });
  RETURN_IF_ERROR(Explain(resolved, "look up", stop));
  const Error connected =
      Run(timeouts_.connect, stop, [&](auto done) { tcp_.async_connect(addresses, done); });
  RETURN_IF_ERROR(Explain(connected, "connect to", stop));
  Error ignored;
  tcp_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
  return tls != nullptr ? ConnectTls(url, *tls, stop) : absl::OkStatus();
}

Status HttpConnection::ConnectTls(const Url& url, net::ssl::context& tls, std::stop_token stop) {
  tls_.emplace(tcp_, tls);
  SSL_set_tlsext_host_name(tls_->native_handle(), url.host.c_str());
  Error error;
  if (SSL_get_verify_mode(tls_->native_handle()) != SSL_VERIFY_NONE)
    tls_->set_verify_callback(net::ssl::host_name_verification(url.host), error);
  error = Run(timeouts_.connect, stop,
              [&](auto done) { tls_->async_handshake(net::ssl::stream_base::client, done); });
  if (error && error.category() == net::error::get_ssl_category())
    return absl::FailedPreconditionError(
        Concat("TLS with ", authority_, ": ", error.message(),
               "; if the registry has its own CA, name it as \"ca\" in its hosts.toml"));
  return Explain(error, "TLS with", stop);
}

Status HttpConnection::Exchange(const HttpRequest& request, std::stop_token stop) {
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(std::numeric_limits<uint64_t>::max());  // the readers have limits of their own
  parser_->skip(request.method == "HEAD");
  buffer_.reserve(kReadAhead);
  const auto message = Compose(request, authority_);
  const auto both = [&](auto& stream) {
    const Error sent =
        Run(timeouts_.first_byte, stop, [&](auto done) { http::async_write(stream, message, done); });
    if (sent) return sent;
    return Run(timeouts_.first_byte, stop,
               [&](auto done) { http::async_read_header(stream, buffer_, *parser_, done); });
  };
  return Explain(tls_ ? both(*tls_) : both(tcp_), "ask", stop);
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
    const Error error = tls_ ? read(*tls_) : read(tcp_);
    if (error != http::error::need_buffer) RETURN_IF_ERROR(Explain(error, "read from", stop));
    if (body.size < size) return size - body.size;
  }
  return 0;
}

}  // namespace jobpod
