// The standard streams of one streamed exec or of one attached client, as the streaming server (cri/streaming)
// sees them: pipes to read and write, a terminal to resize, an end to wait for.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/channel.hpp"
#include "base/status.hpp"

namespace jobpod {

// What a client asks for. With `terminal` there is no standard error: it is one stream (CRI ExecRequest).
struct StdioRequest {
  bool standard_input = false;
  bool standard_output = false;
  bool standard_error = false;
  bool terminal = false;
};

// Runs once, on the session's executor: the exit code (128 + signal when killed by one), or why there is none.
// By then everything the process wrote is in the channels (a bounded drain for pipe ends kept by others).
using StdioEnd = std::function<void(StatusOr<int32_t> exit_code)>;

// Made by PodManager::ExecStream and AttachStream. Not thread-safe: used on its executor (a strand or the one
// thread of an io_context). Destroying it ends it: an exec's whole tree is killed, an attached client is let go
// without harm to the container.
class StdioSession {
 public:
  virtual ~StdioSession() = default;

  // Null when not asked for. Owned by the session. Closing the input is the process's end of file; a terminal
  // has no such end, and a container's kept input neither: there it lets the attached client go, with what is
  // written within a second. The outputs come to their end of file at most a second after the process's end.
  virtual Channel* standard_input() = 0;
  virtual Channel* standard_output() = 0;
  virtual Channel* standard_error() = 0;

  // In characters; ignored without a terminal. May be called at any time; the last size wins.
  virtual void Resize(uint16_t width, uint16_t height) = 0;
};

}  // namespace jobpod
