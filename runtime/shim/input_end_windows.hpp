// What clients send goes through the shim: handles travel to it only.
#pragma once

#include <boost/asio/windows/stream_handle.hpp>
#include <deque>
#include <functional>
#include <string_view>

#include "runtime/shim/input_end.hpp"

namespace jobpod::shim {

// On the shim's one thread.
class InputEnd : public std::enable_shared_from_this<InputEnd> {
 public:
  InputEnd(boost::asio::io_context& io, OwnedHandle end);

  // One write after the other. `bytes` stay alive until `on_written` is called, from the event loop; when the
  // container takes no input any more they are dropped.
  void Write(std::string_view bytes, std::function<void()> on_written);

 private:
  struct Piece {
    std::string_view bytes;
    std::function<void()> on_written;
  };
  void WriteNext();

  boost::asio::windows::stream_handle end_;
  std::deque<Piece> pieces_;  // one of each client at most
};

// Carries what comes from `client`, an overlapped pipe's reading end, to `target` until the client's end of file and
// lets go of both then. Null: reads and drops it, so that the client goes on.
void RelayInput(boost::asio::io_context& io, OwnedHandle client, std::shared_ptr<InputEnd> target);

}  // namespace jobpod::shim
