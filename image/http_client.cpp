#include "image/http_client.hpp"

#include "image/http_connection.hpp"

namespace jobpod {
namespace {

constexpr size_t kMaxKept = 8;

class Response : public HttpResponse {
 public:
  Response(HttpClient& client, std::unique_ptr<HttpConnection> connection, std::stop_token stop)
      : client_(client), connection_(std::move(connection)), stop_(std::move(stop)) {}
  ~Response() override {
    if (connection_->reusable()) client_.Keep(std::move(connection_));
  }

  int status() const override { return static_cast<int>(Message().result_int()); }

  std::string Header(const std::string& name) const override { return std::string(Message()[name]); }

  std::vector<std::string> Headers(const std::string& name) const override {
    std::vector<std::string> out;
    const auto [first, last] = Message().equal_range(name);
    for (auto field = first; field != last; ++field) out.emplace_back(field->value());
    return out;
  }

  std::optional<uint64_t> ContentLength() const override {
    const auto length = connection_->response().content_length();
    return length ? std::optional<uint64_t>(*length) : std::nullopt;
  }

  StatusOr<size_t> Read(char* buffer, size_t size) override { return connection_->Read(buffer, size, stop_); }

 private:
  const HttpConnection::Parser::value_type& Message() const { return connection_->response().get(); }

  HttpClient& client_;
  std::unique_ptr<HttpConnection> connection_;
  const std::stop_token stop_;
};

}  // namespace

StatusOr<std::string> HttpResponse::ReadAll(uint64_t max_bytes) {
  std::string out;
  std::vector<char> buffer(16384);
  if (ContentLength().value_or(0) > max_bytes)
    return absl::ResourceExhaustedError(
        Concat("the answer announces ", *ContentLength(), " bytes, over the limit of ", max_bytes));
  while (true) {
    ASSIGN_OR_RETURN(const size_t count, Read(buffer.data(), buffer.size()));
    if (count == 0) return out;
    if (out.size() + count > max_bytes)
      return absl::ResourceExhaustedError(Concat("the answer is over the limit of ", max_bytes, " bytes"));
    out.append(buffer.data(), count);
  }
}

HttpClient::HttpClient(TlsSettings tls, HttpTimeouts timeouts, ProxySettings proxies,
                       std::shared_ptr<NameResolver> names)
    : tls_(std::move(tls)), timeouts_(timeouts), proxies_(std::move(proxies)), names_(std::move(names)) {}

HttpClient::~HttpClient() = default;

StatusOr<std::unique_ptr<HttpResponse>> HttpClient::Send(const HttpRequest& request, std::stop_token stop) {
  // A kept connection may have been closed by the server meanwhile; then a new one is made.
  if (auto kept = TakeKept(request.url.Origin())) {
    if (kept->Exchange(request, stop).ok()) return std::make_unique<Response>(*this, std::move(kept), stop);
  }
  try {
    ASSIGN_OR_RETURN(auto connection, Connect(request.url, stop));
    RETURN_IF_ERROR(connection->Exchange(request, stop));
    return std::make_unique<Response>(*this, std::move(connection), stop);
  } catch (const boost::system::system_error& error) {
    return absl::ResourceExhaustedError(Concat("connect to ", request.url.Authority(), ": ", error.what()));
  }
}

StatusOr<std::unique_ptr<HttpConnection>> HttpClient::Connect(const Url& url, const std::stop_token& stop) {
  ASSIGN_OR_RETURN(auto proxy, ProxyFor(proxies_, url));
  TlsContext* const tls = url.secure() ? &Tls() : nullptr;
  if (tls != nullptr) RETURN_IF_ERROR(tls->status);
  auto connection = std::make_unique<HttpConnection>(url, std::move(proxy), timeouts_, *names_);
  RETURN_IF_ERROR(connection->Connect(tls != nullptr ? &tls->context : nullptr, stop));
  return connection;
}

TlsContext& HttpClient::Tls() {
  const std::lock_guard lock(mutex_);
  if (!context_) context_ = std::make_unique<TlsContext>(tls_);
  return *context_;
}

void HttpClient::Keep(std::unique_ptr<HttpConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (kept_.size() < kMaxKept) kept_.push_back(std::move(connection));
}

std::unique_ptr<HttpConnection> HttpClient::TakeKept(const std::string& origin) {
  const std::lock_guard lock(mutex_);
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    if ((*kept)->origin() != origin) continue;
    auto out = std::move(*kept);
    kept_.erase(kept);
    return out;
  }
  return nullptr;
}

}  // namespace jobpod
