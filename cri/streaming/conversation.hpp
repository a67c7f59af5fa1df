// What goes on over one upgraded connection: a remote command or port-forwarding, over SPDY or a WebSocket.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>

#include "base/workers.hpp"
#include "cri/streaming/duplex.hpp"
#include "cri/streaming/session_limits.hpp"
#include "cri/streaming/token.hpp"
#include "cri/streaming/websocket.hpp"

namespace jobpod::streaming {

// Not thread-safe: on its executor.
class Conversation {
 public:
  virtual ~Conversation() = default;
  // `over` runs once, when it has ended by itself; its owner lets it go then, not inside the call.
  virtual void Start(std::function<void()> over) = 0;
  // Tells the client why it ends, and ends it; `over` runs when it has.
  virtual void Leave(const Status& why) = 0;
  // Ends it now; `over` does not run. The last call before destruction.
  virtual void Abort() = 0;
};

struct ConversationSettings {
  boost::asio::any_io_executor executor;
  Workers& workers;
  SessionLimits limits;
  std::chrono::milliseconds stream_timeout{30'000};  // for a client to open the streams that belong together
};

// The response to the upgrade has been sent.
std::shared_ptr<Conversation> MakeSpdyCommand(const ConversationSettings& settings, Ticket ticket,
                                              const std::string& subprotocol, DuplexPointer transport);
std::shared_ptr<Conversation> MakeWebSocketCommand(const ConversationSettings& settings, Ticket ticket,
                                                   const std::string& subprotocol, WebSocketPointer socket);
// SPDY by itself, or in a WebSocket's messages.
std::shared_ptr<Conversation> MakePortForward(const ConversationSettings& settings, Ticket ticket,
                                              DuplexPointer transport);

}  // namespace jobpod::streaming
