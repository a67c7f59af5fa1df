#include "image/registry_auth.hpp"

#include <algorithm>
#include <utility>

#include "base/base64.hpp"
#include "base/letters.hpp"
#include "image/base64.hpp"
#include "image/json.hpp"
#include "image/manifest.hpp"
#include "image/retry.hpp"

namespace jobpod {
namespace {

constexpr uint64_t kMaxTokenAnswer = 1u << 20;

// "https://index.docker.io/v1/" → "index.docker.io".
std::string HostOf(const std::string& address) {
  const size_t scheme = address.find("://");
  const std::string rest = scheme == std::string::npos ? address : address.substr(scheme + 3);
  const std::string host = rest.substr(0, rest.find('/'));
  const bool hub = host == "index.docker.io" || host == "registry-1.docker.io";
  return hub ? "docker.io" : host;
}

// The next name="value" or name=value of a challenge; the position moves behind it.
bool NextParameter(const std::string& text, size_t& at, std::string& name, std::string& value) {
  at = std::min(text.find_first_not_of(" ,\t", at), text.size());
  const size_t equals = text.find('=', at);
  if (equals == std::string::npos) return false;
  name = AsciiLower(text.substr(at, equals - at));
  value.clear();
  at = equals + 1;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      value += text[at];
    }
    ++at;
  } else {
    const size_t end = std::min(text.find(',', at), text.size());
    value = text.substr(at, end - at);
    at = end;
  }
  return true;
}

}  // namespace

Challenge ParseChallenge(const std::string& header) {
  const size_t space = std::min(header.find(' '), header.size());
  Challenge out;
  out.scheme = AsciiLower(header.substr(0, space));
  std::string name, value;
  for (size_t at = space; NextParameter(header, at, name, value);) {
    if (name == "realm") out.realm = value;
    if (name == "service") out.service = value;
    if (name == "scope") out.scope = value;
  }
  return out;
}

StatusOr<Credentials> ParseAuth(const std::optional<RegistryAuth>& auth) {
  if (!auth) return Credentials();
  Credentials out{auth->username, auth->password, auth->identity_token, auth->registry_token,
                  HostOf(auth->server_address)};
  if (out.username.empty() && !auth->auth.empty()) {
    std::string pair = FromBase64(auth->auth).value_or("");
    while (pair.ends_with('\0')) pair.pop_back();  // docker pads them
    const size_t colon = pair.find(':');
    if (colon == std::string::npos)
      return absl::InvalidArgumentError(
          "auth.auth of the pull request is not the base64 form of user:password; check the pull secret");
    out.username = pair.substr(0, colon);
    out.password = pair.substr(colon + 1);
  }
  // Docker's credential helpers give an identity token in the place of a password.
  if (out.username == "<token>") {
    out.identity_token = std::exchange(out.password, "");
    out.username.clear();
  }
  return out;
}

std::string Authorizer::Header() const {
  const std::lock_guard lock(mutex_);
  return header_;
}

std::string Authorizer::Basic() const {
  return Concat("Basic ", Base64(Concat(credentials_.username, ":", credentials_.password)));
}

Status Authorizer::Answer(const std::vector<std::string>& challenges, const std::string& used,
                          const Url& from, HttpClient& client, std::chrono::milliseconds& wait,
                          std::stop_token stop) {
  const std::lock_guard one_at_a_time(answering_);
  if (Header() != used) return absl::OkStatus();
  std::string header;
  for (const std::string& text : challenges) {
    const Challenge challenge = ParseChallenge(text);
    if (challenge.scheme == "bearer") {
      if (credentials_.registry_token.empty()) {
        ASSIGN_OR_RETURN(const std::string token, FetchToken(challenge, from, client, wait, stop));
        header = Concat("Bearer ", token);
      } else {
        header = Concat("Bearer ", credentials_.registry_token);
      }
      break;
    }
    if (challenge.scheme == "basic" && !credentials_.username.empty()) header = Basic();
  }
  if (header.empty() || header.find_first_of("\r\n") != std::string::npos || header == used)
    return absl::UnauthenticatedError(credentials_.any() ? "the credentials were refused"
                                                         : "it wants credentials and none were given");
  const std::lock_guard lock(mutex_);
  header_ = std::move(header);
  return absl::OkStatus();
}

HttpRequest Authorizer::TokenRequest(const Challenge& challenge, Url realm) const {
  const std::string scope = challenge.scope.empty() ? scope_ : challenge.scope;
  HttpRequest request;
  if (!credentials_.identity_token.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body =
        Concat("grant_type=refresh_token&client_id=jobpod&service=", QueryEscape(challenge.service),
               "&scope=", QueryEscape(scope), "&refresh_token=", QueryEscape(credentials_.identity_token));
  } else {
    realm.target += Concat(realm.target.find('?') == std::string::npos ? "?" : "&",
                           "service=", QueryEscape(challenge.service), "&scope=", QueryEscape(scope));
    if (!credentials_.username.empty()) request.headers = {{"Authorization", Basic()}};
  }
  request.url = std::move(realm);
  return request;
}

StatusOr<std::string> Authorizer::FetchToken(const Challenge& challenge, const Url& from, HttpClient& client,
                                             std::chrono::milliseconds& wait, std::stop_token stop) const {
  auto parsed = ParseUrl(challenge.realm);
  if (!parsed.ok())
    return absl::UnauthenticatedError("it wants a token, but names no usable server to get one from");
  Url realm = *std::move(parsed);
  if (from.secure() && !realm.secure() && credentials_.any())
    return absl::UnauthenticatedError(
        "its token server is not reached by https, so no credentials are sent there");
  const HttpRequest request = TokenRequest(challenge, std::move(realm));
  const std::string where = request.url.Authority();
  ASSIGN_OR_RETURN(const auto response, client.Send(request, stop));
  ASSIGN_OR_RETURN(const std::string body, response->ReadAll(kMaxTokenAnswer));
  if (IsWorthRetrying(response->status())) {
    wait = ParseRetryAfter(response->Header("Retry-After"), std::time(nullptr));
    return absl::UnavailableError(Concat("the token server ", where, " answered HTTP ", response->status()));
  }
  const std::string said = response->status() == 200 ? "" : RegistryMessage(body);
  const std::string token = response->status() == 200 ? ParseToken(body) : "";
  if (!token.empty()) return token;
  return absl::UnauthenticatedError(Concat("the token server ", where, " gave no token: HTTP ",
                                           response->status(), said.empty() ? "" : " ", said));
}

}  // namespace jobpod
