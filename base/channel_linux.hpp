// Pipe ends and terminals as channels.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>

#include "base/channel.hpp"
#include "base/handle_linux.hpp"

namespace jobpod {

// The process must ignore SIGPIPE. On a terminal "nobody has it open any more" is the end of file.
class PipeChannel final : public Channel {
 public:
  // `end` becomes non-blocking.
  PipeChannel(const boost::asio::any_io_executor& executor, Fd end);
  ~PipeChannel() override;

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override;
  void Write(boost::asio::const_buffer buffer, Handler handler) override;
  void Close() override;

  // What is in the pipe after `bound` (or at end of file, if that comes first) is the last there is to read,
  // whoever else still holds the other side.
  void EndWithin(std::chrono::milliseconds bound);

 private:
  class End;
  std::shared_ptr<End> end_;
};

}  // namespace jobpod
