// A session made of descriptors: pipes to the process and a control socket to its shim.
#pragma once

#include <memory>

#include "base/handle_linux.hpp"
#include "runtime/stdio_session.hpp"

namespace jobpod {

// This process's ends. Closing them is all it takes to let go: the shim sees it at its end of `control`.
struct SessionEnds {
  Fd input, output, error;  // not valid where not asked for
  Fd control;               // SOCK_SEQPACKET; the shim says into it how it ended
  Fd terminal;              // its owner's side once more, for resizing
  bool input_end_lets_go = false;  // the end of the client's input ends the session, not the process's input
};

std::unique_ptr<StdioSession> MakeStdioSession(SessionEnds ends, const boost::asio::any_io_executor& executor,
                                               StdioEnd end);

}  // namespace jobpod
