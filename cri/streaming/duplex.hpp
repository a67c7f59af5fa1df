// A byte stream in both directions at once: a TCP connection, one stream of a SPDY session, one channel of a
// WebSocket. Whatever carries bytes here is moved by Pump, which knows only Channel.
#pragma once

#include <memory>

#include "base/channel.hpp"

namespace jobpod::streaming {

// Close() ends the writing direction only, behind what has been written; reading goes on until the other side
// has closed, too.
class Duplex : public Channel {
 public:
  // Both directions end at once and the other side is told so. What is under way ends with operation_aborted.
  // Idempotent.
  virtual void Abort() = 0;
};

using DuplexPointer = std::shared_ptr<Duplex>;

}  // namespace jobpod::streaming
