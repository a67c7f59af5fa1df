// The shim's end of a control socket (protocol.proto): what a stream lives by.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod::shim {

// On the shim's one thread.
class ControlSocket : public std::enable_shared_from_this<ControlSocket> {
 public:
  ControlSocket(boost::asio::io_context& io, Fd socket);

  // `on_closed` is called once from the event loop when the daemon has let go; never after End.
  void Start(std::function<void()> on_closed);

  // Tells the daemon how it ended, and closes.
  void End(const StatusOr<ExecReply>& outcome);

 private:
  void Wait();
  bool IsClosed();

  boost::asio::posix::stream_descriptor socket_;
  std::function<void()> on_closed_;
};

}  // namespace jobpod::shim
