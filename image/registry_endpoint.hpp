// One endpoint (the registry or a mirror) as one pull sees it: requests with authorization, redirects
// and repeated attempts. Errors are sentences that name the registry and the repository.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "image/http_client.hpp"
#include "image/reference.hpp"
#include "image/registry_auth.hpp"
#include "image/registry_config.hpp"

namespace jobpod {

struct RetryPolicy {
  int attempts = 4;                            // per request, the first included
  std::chrono::milliseconds first_delay{250};  // doubled every time
  std::chrono::milliseconds max_delay{10000};  // also for Retry-After
};

// Sleeps; false when stopped meanwhile.
bool WaitFor(std::chrono::milliseconds delay, const std::stop_token& stop);

// Thread-safe. Responses must not outlive it.
class RegistryEndpoint {
 public:
  RegistryEndpoint(RegistryHost host, Reference reference, const std::optional<RegistryAuth>& auth,
                   HttpTimeouts timeouts, RetryPolicy retry);

  // `path` is below the repository: "manifests/latest". Returns a 2xx response, or an error of the
  // right kind. Repeats after connect errors, 5xx and 429.
  StatusOr<std::unique_ptr<HttpResponse>> Ask(const std::string& method, const std::string& path,
                                              const HttpHeaders& headers, std::stop_token stop);

  const RegistryHost& host() const { return host_; }
  const RetryPolicy& retry() const { return retry_; }
  // "127.0.0.1:5000".
  std::string Name() const { return host_.base.Authority(); }

 private:
  struct Try {
    Status status;
    std::unique_ptr<HttpResponse> response;
    bool again = false;
    std::chrono::milliseconds wait{0};
  };
  Try AskOnce(const HttpRequest& request, const std::stop_token& stop);
  StatusOr<std::unique_ptr<HttpResponse>> Authorized(HttpRequest request, const std::stop_token& stop);
  StatusOr<std::unique_ptr<HttpResponse>> Follow(HttpRequest request, const std::string& authorization,
                                                 const std::stop_token& stop);
  HttpRequest Compose(const std::string& method, const std::string& path, const HttpHeaders& headers) const;
  Status ErrorOf(HttpResponse& response, const HttpRequest& request) const;
  std::string Subject() const;

  const RegistryHost host_;
  const Reference reference_;
  const RetryPolicy retry_;
  HttpClient client_;
  HttpClient foreign_;  // for other hosts: without our client certificate
  Authorizer authorizer_;
};

}  // namespace jobpod
