// Moves one stream of a container into its log and to the clients attached to it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/native_handle.hpp"
#include "runtime/shim/audience.hpp"
#include "runtime/shim/log_writer.hpp"

namespace jobpod::shim {

// On Linux one read buffer serves all pumps: nothing stays in it between two turns of the event loop.
using ReadBuffer = std::vector<char>;

class OutputPump : public std::enable_shared_from_this<OutputPump> {
 public:
  // `source`: the shim's end of a container's stream (stdio.hpp). `buffer` outlives the pump.
  OutputPump(boost::asio::io_context& io, OwnedHandle source, std::shared_ptr<LogWriter> log,
             std::shared_ptr<Audience> audience, LogStream stream, ReadBuffer& buffer);
  ~OutputPump();

  // `on_end` is called once after the last byte is in the log: from the event loop, or inside Finish.
  void Start(std::function<void()> on_end);

  // Reads on if it has paused for the audience and need not any more.
  void Resume();

  // Takes what can be read now and ends, although someone may still hold the other end.
  void Finish();

  bool ended() const { return ended_; }

 private:
  class Source;

  // Of each system (output_pump_{linux,windows}.cpp): reads until the end, or until the audience holds it back.
  void Read();
  void Take(std::string_view bytes);
  void End();

  std::unique_ptr<Source> source_;
  std::shared_ptr<LogWriter> log_;
  const std::shared_ptr<Audience> audience_;
  const LogStream stream_;
  ReadBuffer& buffer_;
  std::function<void()> on_end_;
  bool ended_ = false, paused_ = false;
};

}  // namespace jobpod::shim
