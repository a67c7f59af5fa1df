// Proxies as the environment names them: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, read the way Go's programs
// (containerd, skopeo) read them.
#pragma once

#include <optional>
#include <string>

#include "base/status.hpp"
#include "image/url.hpp"

namespace jobpod {

// The variables' own texts; empty = not set. They may hold a password: never logged.
struct ProxySettings {
  std::string http, https, no_proxy;
};

// Of this process. Lower-case names go before upper-case ones, which is curl's order.
ProxySettings ProxiesFromEnvironment();

struct Proxy {
  Url url;
  std::string authorization;  // value of Proxy-Authorization; empty = none
};

// The proxy to reach `target` by; nothing when it is reached directly: no proxy is set, NO_PROXY names it, or
// it is this machine. FailedPrecondition when the variable is no http:// URL.
StatusOr<std::optional<Proxy>> ProxyFor(const ProxySettings& settings, const Url& target);

}  // namespace jobpod
