// One direction of a local byte stream (a pipe to or from a process), asynchronous. A pipe on Linux, an
// overlapped named pipe on Windows; one interface, so that what carries streams over the network knows neither.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <functional>

namespace jobpod {

// Not thread-safe: used on the thread (strand) of the executor it was made with. At most one Read and one Write
// may be under way. Handlers run on that executor, never inside the call. Destroying or closing a channel ends
// what is under way with operation_aborted.
class Channel {
 public:
  using Handler = std::function<void(const boost::system::error_code& error, size_t bytes)>;

  virtual ~Channel() = default;

  // Reads at least one byte into `buffer`, which stays alive until the handler runs. boost::asio::error::eof when
  // the other side has closed.
  virtual void Read(boost::asio::mutable_buffer buffer, Handler handler) = 0;

  // Writes all of `buffer`, which stays alive until the handler runs. broken_pipe when nobody reads any more.
  virtual void Write(boost::asio::const_buffer buffer, Handler handler) = 0;

  // The other side sees end of file. Idempotent.
  virtual void Close() = 0;
};

}  // namespace jobpod
