// The streaming server: where the URLs of Exec, Attach and PortForward lead. HTTP/1.1 on a loopback address,
// upgraded to SPDY/3.1 or to a WebSocket. One thread of its own serves every connection.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/workers.hpp"
#include "cri/address.hpp"
#include "cri/streaming/token.hpp"

namespace jobpod::streaming {

struct ServerConfig {
  HostPort address;  // loopback; port 0 takes a free one
  std::chrono::milliseconds idle_timeout{4 * 3600 * 1000};
  std::chrono::milliseconds token_lifetime{60'000};
  std::chrono::milliseconds request_timeout{10'000};  // for the HTTP request to come
  std::chrono::milliseconds stream_timeout{30'000};   // for the streams of a command to be opened
  std::chrono::milliseconds pulse{5000};    // how often a client that cannot be read is looked after
  std::chrono::milliseconds linger{5000};   // for a client to close its side at the end
  std::chrono::milliseconds farewell{500};  // for all clients to do so when the server stops
  size_t max_tickets = 1000;
  size_t max_visitors = 1000;     // without a whole request; the oldest is sent away for one more
  size_t max_connections = 4000;  // beyond it new ones wait in the listen queue
};

// Thread-safe.
class Server {
 public:
  // Listens. Unavailable when the address is taken. `workers` starts commands; the server is destroyed after
  // it, or when it is known to be idle.
  static StatusOr<std::unique_ptr<Server>> Start(const ServerConfig& config, Workers& workers);
  virtual ~Server() = default;

  // "http://127.0.0.1:PORT/exec/TOKEN", good once and for the token's lifetime. ResourceExhausted while too
  // many others wait for their clients.
  virtual StatusOr<std::string> Offer(Ticket ticket) = 0;
  // Ends every conversation, with a word to its client, and the thread. Takes no longer than `farewell`.
  // Idempotent; called by the destructor.
  virtual void Stop() = 0;
  virtual uint16_t port() const = 0;
};

}  // namespace jobpod::streaming
