// The place where clients connect.
#pragma once

#include <memory>
#include <string>

#include "base/status.hpp"
#include "cri/peer_check.hpp"

namespace jobpod {

class Endpoint {
 public:
  // Makes room at `address` (address.hpp). A Unix socket's parents are made (0755) and the socket a dead daemon left
  // is removed. FailedPrecondition when something still listens there or when the path is not a socket; nothing is
  // removed then.
  static StatusOr<std::unique_ptr<Endpoint>> Prepare(const std::string& address);

  // Whoever is still connected is let finish for a moment; what was made is removed.
  virtual ~Endpoint() = default;

  // Where gRPC listens, in its spelling.
  virtual std::string grpc_address() const = 0;
  virtual PeerCheck peer_check() const = 0;

  // Lets clients in, once gRPC listens, if on a port then at `port`. The umask must keep everybody else out of a
  // Unix socket until then; root's group gets in now (0660).
  virtual Status Open(int port) = 0;
};

}  // namespace jobpod
