// How a gRPC client in this process reaches an endpoint.
#pragma once

#include <memory>
#include <string>

#include "base/status.hpp"

namespace jobpod {

class EndpointClient {
 public:
  // InvalidArgument when `address` (address.hpp) is none. Whether somebody is there shows at the first call.
  static StatusOr<std::unique_ptr<EndpointClient>> Open(const std::string& address);

  // Outlives the channel.
  virtual ~EndpointClient() = default;

  // What gRPC dials, as often as it likes.
  virtual std::string grpc_target() const = 0;

  // A look at the endpoint itself, when calls fail: NotFound when nothing is there, PermissionDenied when it is not
  // for this user; OK when there is something. The sentence ends "… at <address>: <sentence>".
  virtual Status Look() const = 0;
};

}  // namespace jobpod
