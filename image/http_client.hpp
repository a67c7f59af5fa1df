// A small HTTP/1.1 client for registries: streaming bodies, time-outs, cancellation, kept connections.
// It follows no redirect and adds no credentials: that is the caller's decision.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/status.hpp"
#include "image/proxy.hpp"
#include "image/url.hpp"

namespace jobpod {

struct TlsSettings {
  std::vector<std::string> authorities;                     // PEM files trusted besides the system's
  std::vector<std::pair<std::string, std::string>> client;  // certificate and key files
  bool skip_verify = false;
};

struct HttpTimeouts {
  std::chrono::milliseconds connect{30000};     // for each of look-up, connection (to all addresses) and TLS handshake
  std::chrono::milliseconds first_byte{30000};  // from the request to the head of its answer
  // Without a byte of the body; also how long it may come slower than 1 KiB in that time.
  std::chrono::milliseconds stall{30000};
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  Url url;
  HttpHeaders headers;
  std::string body;
};

class HttpConnection;
class NameResolver;
struct TlsContext;

// A response being received. Not thread-safe. Gives its connection back when the body was read whole.
class HttpResponse {
 public:
  virtual ~HttpResponse() = default;
  virtual int status() const = 0;
  // Empty when missing; the first one when there are several.
  virtual std::string Header(const std::string& name) const = 0;
  virtual std::vector<std::string> Headers(const std::string& name) const = 0;
  virtual std::optional<uint64_t> ContentLength() const = 0;
  // The next bytes of the body, 0 at its end. Unavailable when the connection breaks or stalls.
  virtual StatusOr<size_t> Read(char* buffer, size_t size) = 0;

  // The whole body; ResourceExhausted when it is over `max_bytes`.
  StatusOr<std::string> ReadAll(uint64_t max_bytes);
};

// Thread-safe. Responses must not outlive it.
class HttpClient {
 public:
  HttpClient(TlsSettings tls, HttpTimeouts timeouts, ProxySettings proxies, std::shared_ptr<NameResolver> names);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Cancelled soon after `stop`, also while the body is read. Unavailable when the server cannot be
  // reached, FailedPrecondition when its certificate is not trusted.
  StatusOr<std::unique_ptr<HttpResponse>> Send(const HttpRequest& request, std::stop_token stop);

  // For HttpResponse: keeps a connection for the next request to the same origin.
  void Keep(std::unique_ptr<HttpConnection> connection);

 private:
  std::unique_ptr<HttpConnection> TakeKept(const std::string& origin);
  StatusOr<std::unique_ptr<HttpConnection>> Connect(const Url& url, const std::stop_token& stop);
  TlsContext& Tls();

  const TlsSettings tls_;
  const HttpTimeouts timeouts_;
  const ProxySettings proxies_;
  const std::shared_ptr<NameResolver> names_;  // of all clients
  std::mutex mutex_;
  std::unique_ptr<TlsContext> context_;  // made when first needed, never replaced
  std::list<std::unique_ptr<HttpConnection>> kept_;
};

}  // namespace jobpod
