// What a session (stdio_session.hpp) is made of: pipes to the process, and a control socket to its shim, which tells
// how it ended (runtime/shim/protocol.proto).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/pipe_channel.hpp"
#include "runtime/stdio_session.hpp"

namespace jobpod {

// This process's end of a control socket. On the session's executor, but for Start.
class SessionControl {
 public:
  virtual ~SessionControl() = default;

  // `on_end` runs once on the executor, with the shim's last word (a FromShim), empty when the shim is gone. Not after
  // LetGo.
  virtual void Start(std::function<void(const std::string& word)> on_end) = 0;
  virtual void Resize(uint16_t width, uint16_t height) = 0;
  // Closes it, which is all it takes: the shim sees it at its end.
  virtual void LetGo() = 0;
};

struct SessionParts {
  std::unique_ptr<PipeChannel> input, output, error;  // null where not asked for
  std::shared_ptr<SessionControl> control;
  bool input_end_lets_go = false;  // the end of the client's input ends the session, not the process's input
};

std::unique_ptr<StdioSession> MakeStdioSession(SessionParts parts, const boost::asio::any_io_executor& executor,
                                               StdioEnd end);

}  // namespace jobpod
