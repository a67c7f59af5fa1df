// What a connection has received for one of its streams. It holds a bounded number of bytes for a reader that
// has not asked yet; what does not fit stays with the connection, which reads no further then.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <string>
#include <string_view>

#include "base/channel.hpp"

namespace jobpod::streaming {

// Not thread-safe: everything runs on the executor. Handlers are never called inside a call.
class Inbox {
 public:
  explicit Inbox(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // The reader's side; as Channel::Read. At the end the error given to End or Fail.
  void Read(boost::asio::mutable_buffer buffer, Channel::Handler handler);
  // Whatever comes from now on is dropped instead of waiting for a reader.
  void Drop();

  // The connection's side. Returns how many bytes were taken.
  size_t Accept(std::string_view bytes);
  // Nothing comes behind what was accepted. The first call counts.
  void End(const boost::system::error_code& why);
  // The same, and what nobody has read yet is dropped.
  void Fail(const boost::system::error_code& why);
  bool ended() const { return static_cast<bool>(end_); }

 private:
  static constexpr size_t kMostKept = 64u << 10;

  void Serve();
  void Complete(const boost::system::error_code& error, size_t size);

  const boost::asio::any_io_executor executor_;
  std::string kept_;
  boost::asio::mutable_buffer wanted_;
  Channel::Handler reader_;
  boost::system::error_code end_;
  bool drop_ = false;
};

// Runs `handler` on `executor`, later.
void PostHandler(const boost::asio::any_io_executor& executor, Channel::Handler handler,
                 const boost::system::error_code& error, size_t size);

}  // namespace jobpod::streaming
