// Moves one stream of a container into its log and to the clients attached to it.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/handle_linux.hpp"
#include "runtime/shim/audience.hpp"
#include "runtime/shim/log_writer.hpp"

namespace jobpod::shim {

// One read buffer serves all pumps: nothing stays in it between two turns of the event loop.
using ReadBuffer = std::vector<char>;

class OutputPump : public std::enable_shared_from_this<OutputPump> {
 public:
  // `source`: a non-blocking pipe end or terminal. `buffer` outlives the pump.
  OutputPump(boost::asio::io_context& io, Fd source, std::shared_ptr<LogWriter> log,
             std::shared_ptr<Audience> audience, LogStream stream, ReadBuffer& buffer);

  // `on_end` is called once from the event loop after the last byte is in the log; never after Finish.
  void Start(std::function<void()> on_end);

  // Reads on if it has paused for the audience and need not any more.
  void Resume();

  // Takes what can be read now and ends, although someone may still hold the other end.
  void Finish();

  bool ended() const { return ended_; }

 private:
  void Wait();
  bool ReadSome();
  void End();

  boost::asio::posix::stream_descriptor source_;
  std::shared_ptr<LogWriter> log_;
  const std::shared_ptr<Audience> audience_;
  const LogStream stream_;
  ReadBuffer& buffer_;
  std::function<void()> on_end_;
  bool ended_ = false, paused_ = false;
};

}  // namespace jobpod::shim
