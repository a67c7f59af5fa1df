// Answering a registry's 401: basic or bearer tokens (the Docker token protocol).
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "image/http_client.hpp"
#include "image/images.hpp"

namespace jobpod {

// One "WWW-Authenticate: Bearer realm=…,service=…,scope=…".
struct Challenge {
  std::string scheme;  // lower case
  std::string realm, service, scope;
};
Challenge ParseChallenge(const std::string& header);

struct Credentials {
  std::string username, password;
  std::string identity_token;  // OAuth2 refresh token
  std::string registry_token;  // sent as it is
  std::string server;          // the one host they are for; empty: the registry of the image
  bool any() const { return !username.empty() || !identity_token.empty() || !registry_token.empty(); }
};

// What CRI's AuthConfig holds. InvalidArgument when its base64 form is none.
StatusOr<Credentials> ParseAuth(const std::optional<RegistryAuth>& auth);

// The Authorization header for one endpoint and one repository. Thread-safe.
class Authorizer {
 public:
  Authorizer(Credentials credentials, std::string scope)
      : credentials_(std::move(credentials)), scope_(std::move(scope)) {}

  // Empty before the first challenge.
  std::string Header() const;

  // Works out a new header from the challenges of a 401 answer from `from`, which was sent with the
  // header `used`. Does nothing when another thread has done so meanwhile. Unauthenticated when there
  // is no way to answer. `wait` is what a busy token server asks for before the next attempt.
  Status Answer(const std::vector<std::string>& challenges, const std::string& used, const Url& from,
                HttpClient& client, std::chrono::milliseconds& wait, std::stop_token stop);

 private:
  StatusOr<std::string> FetchToken(const Challenge& challenge, const Url& from, HttpClient& client,
                                   std::chrono::milliseconds& wait, std::stop_token stop) const;
  HttpRequest TokenRequest(const Challenge& challenge, Url realm) const;
  std::string Basic() const;

  const Credentials credentials_;
  const std::string scope_;
  std::mutex answering_;
  mutable std::mutex mutex_;
  std::string header_;
};

}  // namespace jobpod
