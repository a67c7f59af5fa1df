// The streams of a streamed exec or of an attached client before its session begins: what of them is this process's and
// what goes to the shim.
#pragma once

#include <memory>
#include <vector>

#include "base/native_handle.hpp"
#include "runtime/shim/protocol.pb.h"
#include "runtime/stdio_session.hpp"

namespace jobpod {

class SessionStreams {
 public:
  // Of a streamed exec; says in `exec` which streams it has.
  static StatusOr<std::unique_ptr<SessionStreams>> ForExec(const StdioRequest& request, shim::Exec& exec);
  static StatusOr<std::unique_ptr<SessionStreams>> ForAttach(const StdioRequest& request);
  virtual ~SessionStreams() = default;

  // For the shim, in the order of its protocol.
  virtual std::vector<NativeHandle> Theirs() const = 0;

  // After the shim has answered: takes what it handed over.
  virtual Status TakeTerminal() = 0;
  virtual Status TakeEnds(const shim::AttachReply& reply) = 0;

  // Once, last of all.
  virtual std::unique_ptr<StdioSession> Begin(const boost::asio::any_io_executor& executor, StdioEnd end) = 0;
};

}  // namespace jobpod
