// Where daemons connect to a shim: a listening socket, a named pipe on Windows.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/native_handle.hpp"

namespace jobpod::shim {

// On the shim's one thread.
class Listener {
 public:
  // `socket`: the listening socket, or the first instance of the pipe, which the daemon made. `name`: ShimSocket.
  Listener(boost::asio::io_context& io, OwnedHandle socket, std::string name);
  ~Listener();

  // Gives out connections of the account the shim runs as and, on Windows, of SYSTEM and Administrators.
  void Start(std::function<void(OwnedHandle connection)> on_connection);

 private:
  class Door;
  std::shared_ptr<Door> door_;
};

}  // namespace jobpod::shim
