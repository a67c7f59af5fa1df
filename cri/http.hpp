// The loopback HTTP server: /metrics (Prometheus), /healthz (the process answers), /readyz (it serves CRI).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/status.hpp"
#include "cri/address.hpp"

namespace jobpod {

// Called from the server's threads; must be thread-safe and outlive the server.
struct HttpSources {
  std::function<std::string()> metrics;  // Prometheus text
  std::function<Status()> ready;         // why not, when not
};

// Serves from its start until its destruction, with two threads of its own.
class HttpServer {
 public:
  // Unavailable, naming the address, when it cannot be had. Port 0 takes a free one.
  static StatusOr<std::unique_ptr<HttpServer>> Start(const HostPort& address, HttpSources sources);
  // The same, but waits for a port that is taken, on a thread of its own, trying it every `pause`: pages to look at are
  // no reason not to serve pods.
  static std::unique_ptr<HttpServer> StartWhenFree(const HostPort& address, HttpSources sources,
                                                   std::chrono::milliseconds pause);
  virtual ~HttpServer() = default;
  // 0 while it is waited for.
  virtual int port() const = 0;
};

}  // namespace jobpod
