// The shim's end of a control socket (protocol.proto): what a stream lives by.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/native_handle.hpp"
#include "base/status.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod::shim {

// On the shim's one thread.
class ControlSocket {
 public:
  struct Events {
    std::function<void()> closed;  // the daemon has let go: once, from the event loop, never after End
    std::function<void(uint16_t width, uint16_t height)> resized;  // Windows; elsewhere the daemon has the terminal
  };

  ControlSocket(boost::asio::io_context& io, OwnedHandle socket);
  ~ControlSocket();

  void Start(Events events);

  // Tells the daemon how it ended, and closes.
  void End(const StatusOr<ExecReply>& outcome);

 private:
  class Socket;
  std::shared_ptr<Socket> socket_;
};

}  // namespace jobpod::shim
