#include "image/registry_endpoint.hpp"

#include <ctime>

#include "image/json.hpp"
#include "image/manifest.hpp"

namespace jobpod {
namespace {

constexpr int kMaxRedirects = 10;
constexpr uint64_t kMaxErrorBody = 64u << 10;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

TlsSettings WithoutClient(TlsSettings tls) {
  tls.client.clear();
  return tls;
}

std::chrono::milliseconds RetryAfter(const HttpResponse& response) {
  return ParseRetryAfter(response.Header("Retry-After"), std::time(nullptr));
}

absl::StatusCode KindOf(int status) {
  if (status == 401) return absl::StatusCode::kUnauthenticated;
  if (status == 403) return absl::StatusCode::kPermissionDenied;
  if (status == 404) return absl::StatusCode::kNotFound;
  if (status >= 500 || IsWorthRetrying(status)) return absl::StatusCode::kUnavailable;
  return absl::StatusCode::kFailedPrecondition;
}

StatusOr<Url> RedirectTarget(const Url& from, const std::string& location) {
  auto next = location.empty() ? absl::InvalidArgumentError("there is none") : ResolveUrl(from, location);
  if (!next.ok())
    return absl::FailedPreconditionError(Concat("it redirects, but its Location is not usable: ",
                                                Message(next.status())));
  if (from.secure() && !next->secure())
    return absl::FailedPreconditionError("it redirects from https to plain http");
  return next;
}

Status StrangersRefusal(const Url& from) {
  return absl::UnauthenticatedError(Concat("it redirects to ", from.Authority(),
                                           ", which answered HTTP 401; credentials do not go to another host"));
}

// Credentials are for the registry, or for the host they name, mirror or not.
Credentials MeantFor(const RegistryHost& host, const Reference& reference, const Credentials& all) {
  const std::string& name = host.is_server ? reference.host : host.base.Authority();
  const bool meant = all.server.empty() ? host.is_server : all.server == name;
  return meant ? all : Credentials();
}

}  // namespace

RegistryEndpoint::RegistryEndpoint(RegistryHost host, Reference reference, const Credentials& credentials,
                                   const RegistrySettings& settings)
    : host_(std::move(host)),
      reference_(std::move(reference)),
      retry_(settings.retry),
      client_(host_.tls, settings.timeouts, settings.proxies, settings.names),
      foreign_(WithoutClient(host_.tls), settings.timeouts, settings.proxies, settings.names),
      authorizer_(MeantFor(host_, reference_, credentials),
                  Concat("repository:", reference_.repository, ":pull")) {}

std::string RegistryEndpoint::Subject() const {
  return Concat("registry ", Name(), " for ", reference_.Full());
}

HttpRequest RegistryEndpoint::Compose(const std::string& method, const std::string& path,
                                      const HttpHeaders& headers) const {
  HttpRequest request{method, host_.base, headers, ""};
  request.url.target += Concat("/", reference_.repository, "/", path);
  // Mirrors that serve several registries are told which one is meant.
  if (!host_.is_server) request.url.target += Concat("?ns=", QueryEscape(reference_.host));
  request.headers.insert(request.headers.end(), host_.headers.begin(), host_.headers.end());
  return request;
}

StatusOr<RegistryEndpoint::Answer> RegistryEndpoint::Follow(HttpRequest request,
                                                            const std::string& authorization,
                                                            const std::stop_token& stop) {
  const HttpHeaders own = request.headers;
  for (int hops = 0; hops <= kMaxRedirects; ++hops) {
    const bool home = IsHome(request.url);
    // Credentials and configured headers are for this endpoint alone; what the request is about goes along.
    request.headers.assign(own.begin(),
                           own.end() - static_cast<std::ptrdiff_t>(home ? 0 : host_.headers.size()));
    if (home && !authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    ASSIGN_OR_RETURN(auto response, (home ? client_ : foreign_).Send(request, stop));
    if (!IsRedirect(response->status())) return Answer{std::move(response), std::move(request.url)};
    ASSIGN_OR_RETURN(request.url, RedirectTarget(request.url, response->Header("Location")));
    response->ReadAll(kMaxErrorBody).IgnoreError();  // so that the connection can be used again
  }
  return absl::FailedPreconditionError("it redirects without end");
}

StatusOr<std::unique_ptr<HttpResponse>> RegistryEndpoint::Authorized(const HttpRequest& request,
                                                                     std::chrono::milliseconds& wait,
                                                                     const std::stop_token& stop) {
  // Twice, because a token may have expired: the second 401 after a new token is final.
  for (int answers = 0;; ++answers) {
    const std::string used = authorizer_.Header();
    ASSIGN_OR_RETURN(Answer answer, Follow(request, used, stop));
    auto& response = answer.response;
    if (response->status() != 401) return std::move(response);
    // A challenge from elsewhere names a token server of its own, which would be handed our credentials.
    if (!IsHome(answer.from)) return StrangersRefusal(answer.from);
    const auto challenges = response->Headers("WWW-Authenticate");
    if (challenges.empty() || answers == 2) return std::move(response);
    const auto drained = response->ReadAll(kMaxErrorBody);
    const Status answered = authorizer_.Answer(challenges, used, request.url, foreign_, wait, stop);
    if (absl::IsUnauthenticated(answered)) {
      const std::string said = drained.ok() ? RegistryMessage(*drained) : "";
      return absl::UnauthenticatedError(
          Concat("HTTP 401", said.empty() ? "" : " ", said, ": ", answered.message()));
    }
    RETURN_IF_ERROR(answered);
  }
}

Status RegistryEndpoint::ErrorOf(HttpResponse& response, const HttpRequest& request) const {
  const auto body = response.ReadAll(kMaxErrorBody);
  const std::string said = body.ok() ? RegistryMessage(*body) : "";
  const int status = response.status();
  const bool unavailable = KindOf(status) == absl::StatusCode::kUnavailable;
  return Status(KindOf(status), Concat(unavailable ? "RegistryUnavailable: " : "", Subject(),
                                       " answered HTTP ", status, said.empty() ? "" : " ", said, " to ",
                                       request.method, " ", Printable(request.url.target)));
}

RegistryEndpoint::Try RegistryEndpoint::AskOnce(const HttpRequest& request, const std::stop_token& stop) {
  std::chrono::milliseconds wait{0};
  auto response = Authorized(request, wait, stop);
  if (!response.ok()) {
    const Status& status = response.status();
    if (absl::IsCancelled(status)) return {status, nullptr, false};
    if (!absl::IsUnavailable(status)) return {Annotate(status, Subject()), nullptr, false};
    return {absl::UnavailableError(Concat("RegistryUnavailable: ", Subject(), ": ", status.message())),
            nullptr, true, wait};
  }
  const int code = (*response)->status();
  if (code >= 200 && code < 300) return {absl::OkStatus(), *std::move(response), false};
  return {ErrorOf(**response, request), nullptr, IsWorthRetrying(code), RetryAfter(**response)};
}

Status RegistryEndpoint::Told(const Try& result) const {
  if (result.wait <= retry_.max_retry_after) return result.status;
  return Status(result.status.code(), Concat(Message(result.status), "; it asks to wait ",
                                             result.wait.count() / 1000, " seconds before the next attempt"));
}

StatusOr<std::unique_ptr<HttpResponse>> RegistryEndpoint::Ask(const std::string& method,
                                                              const std::string& path,
                                                              const HttpHeaders& headers,
                                                              std::stop_token stop) {
  const HttpRequest request = Compose(method, path, headers);
  for (int attempt = 1;; ++attempt) {
    Try result = AskOnce(request, stop);
    if (result.status.ok()) return std::move(result.response);
    if (!result.again || attempt >= retry_.attempts || result.wait > retry_.max_retry_after)
      return Told(result);
    if (!WaitFor(std::max(BackOff(retry_, attempt), result.wait), stop)) return absl::CancelledError("cancelled");
  }
}

}  // namespace jobpod
