// The writing end of a pipe with a bound, never waited for: a client's output.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/native_handle.hpp"

namespace jobpod::shim {

// On the shim's one thread. On Linux the bound is the pipe's, which holds what is written while there is a reading
// end somewhere. Windows has no write that takes a part: there this keeps what has not gone yet, at most as much.
class OutputEnd {
 public:
  explicit OutputEnd(boost::asio::io_context& io);
  ~OutputEnd();

  // Where it goes to: on Linux before anything is written, on Windows later perhaps. Linux: made non-blocking.
  void Connect(OwnedHandle end);
  bool open() const;

  // How many bytes it had room for; nothing when nobody reads any more. Up to 4096 go whole or not at all.
  std::optional<size_t> Write(std::string_view bytes);

  // `on_room` is called once, from the event loop, when a write is worth trying again; not after Close.
  void WaitForRoom(std::function<void()> on_room);

  // Ends the stream for its reader behind what was written; `on_closed` is called when that is where it is read
  // from, perhaps inside the call.
  void CloseAfterWriting(std::function<void()> on_closed);
  // At once.
  void Close();

 private:
  class Pipe;
  std::shared_ptr<Pipe> pipe_;
};

}  // namespace jobpod::shim
