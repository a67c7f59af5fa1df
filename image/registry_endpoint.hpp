// One endpoint (the registry or a mirror) as one pull sees it: requests with authorization, redirects
// and repeated attempts. Errors are sentences that name the registry and the repository.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>
#include <string>

#include "image/http_client.hpp"
#include "image/name_resolver.hpp"
#include "image/reference.hpp"
#include "image/registry_auth.hpp"
#include "image/registry_config.hpp"
#include "image/retry.hpp"

namespace jobpod {

// How registries are reached; the same for all of a daemon's pulls.
struct RegistrySettings {
  HttpTimeouts timeouts;
  ProxySettings proxies;
  RetryPolicy retry;
  std::shared_ptr<NameResolver> names = std::make_shared<NameResolver>();
};

// Thread-safe. Responses must not outlive it.
class RegistryEndpoint {
 public:
  // Takes of `credentials` what is meant for this host.
  RegistryEndpoint(RegistryHost host, Reference reference, const Credentials& credentials,
                   const RegistrySettings& settings);

  // `path` is below the repository: "manifests/latest". Returns a 2xx response, or an error of the
  // right kind. Repeats what is worth it (see retry.hpp) and honours Retry-After.
  StatusOr<std::unique_ptr<HttpResponse>> Ask(const std::string& method, const std::string& path,
                                              const HttpHeaders& headers, std::stop_token stop);

  const RegistryHost& host() const { return host_; }
  const RetryPolicy& retry() const { return retry_; }
  // Whether it failed as unavailable before: others are asked first for the rest of the pull.
  bool down() const { return down_; }
  void MarkDown() { down_ = true; }
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
  struct Answer {
    std::unique_ptr<HttpResponse> response;
    Url from;  // where the redirects led
  };
  // `wait` is what the token server asks for, when it is the reason.
  StatusOr<std::unique_ptr<HttpResponse>> Authorized(const HttpRequest& request, std::chrono::milliseconds& wait,
                                                     const std::stop_token& stop);
  StatusOr<Answer> Follow(HttpRequest request, const std::string& authorization, const std::stop_token& stop);
  bool IsHome(const Url& url) const { return url.Origin() == host_.base.Origin(); }
  Status Told(const Try& result) const;
  HttpRequest Compose(const std::string& method, const std::string& path, const HttpHeaders& headers) const;
  Status ErrorOf(HttpResponse& response, const HttpRequest& request) const;
  std::string Subject() const;

  const RegistryHost host_;
  const Reference reference_;
  const RetryPolicy retry_;
  HttpClient client_;
  HttpClient foreign_;  // for other hosts: without our client certificate
  Authorizer authorizer_;
  std::atomic<bool> down_ = false;
};

}  // namespace jobpod
