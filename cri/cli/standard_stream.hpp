// This program's own standard streams, asynchronously, whatever they are: terminals, pipes, files, /dev/null.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string_view>

namespace jobpod::cli {

// Not thread-safe: on the thread of the io_context. Handlers never run inside a call.
class StandardInput {
 public:
  // Of what there is, or empty at the end.
  using Handler = std::function<void(std::string_view bytes)>;

  static std::unique_ptr<StandardInput> Open(boost::asio::io_context& io);
  virtual ~StandardInput() = default;

  // One at a time. `handler` does not run after destruction.
  virtual void Read(Handler handler) = 0;
};

class StandardOutput {
 public:
  // False when nobody reads it any more.
  using Handler = std::function<void(bool written)>;

  static std::unique_ptr<StandardOutput> Open(boost::asio::io_context& io, bool error_stream);
  virtual ~StandardOutput() = default;

  // One at a time; `bytes` stay until the handler runs, which it does not after destruction.
  virtual void Write(std::string_view bytes, Handler handler) = 0;
};

}  // namespace jobpod::cli
