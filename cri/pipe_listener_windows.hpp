// The server's side of a named pipe.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/windows/stream_handle.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/status.hpp"

namespace jobpod {

// For SYSTEM and Administrators of this machine only; byte mode. Not thread-safe: on the io_context's thread.
class PipeListener {
 public:
  using Pipe = boost::asio::windows::stream_handle;
  using Handler = std::function<void(StatusOr<Pipe> pipe)>;

  // Makes the pipe's first instance, whose name nobody else can have from now on. FailedPrecondition when somebody
  // has it. `path` is \\.\pipe\NAME.
  static StatusOr<std::unique_ptr<PipeListener>> Open(boost::asio::io_context& io, const std::string& path);
  virtual ~PipeListener() = default;

  // Waits for one client, in an instance of its own; several may be under way. `handler` does not run inside the
  // call, and is given Cancelled after Close.
  virtual void Accept(Handler handler) = 0;

  // Ends what is under way.
  virtual void Close() = 0;
};

}  // namespace jobpod
