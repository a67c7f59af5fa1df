// One connection that a client forwards: its data stream on one side, a port of the host on the other.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/status.hpp"
#include "cri/streaming/duplex.hpp"
#include "cri/streaming/pump.hpp"
#include "cri/streaming/spdy_stream.hpp"

namespace jobpod::streaming {

using SpdyStreamPointer = std::shared_ptr<SpdyStream>;

// Not thread-safe: on the streams' executor. Keeps itself alive until both directions have ended or the
// client has reset its stream; then both streams are closed, behind the reason of a failure on `error`.
class ForwardedConnection : public std::enable_shared_from_this<ForwardedConnection> {
 public:
  ForwardedConnection(SpdyStreamPointer data, SpdyStreamPointer error)
      : data_(std::move(data)), error_(std::move(error)) {}

  // Dials `port`, if `admitted` is OK.
  void Start(const boost::asio::any_io_executor& executor, uint16_t port, const Status& admitted);

 private:
  using Error = boost::system::error_code;

  void OnDialed(StatusOr<DuplexPointer> target);
  void OnClientEnded(const Error& why);
  void OnTargetEnded(const Error& why);
  void Fail(const Status& why);
  void Close();

  const SpdyStreamPointer data_, error_;
  DuplexPointer target_;
  std::shared_ptr<Pump> to_target_, to_client_;
  uint16_t port_ = 0;
  std::string failure_;
};

}  // namespace jobpod::streaming
