// One channel of a WebSocket that carries a remote command, as the server sees it.
#pragma once

#include <memory>

#include "cri/streaming/channel_message.hpp"
#include "cri/streaming/duplex.hpp"
#include "cri/streaming/inbox.hpp"

namespace jobpod::streaming {

class WebSocketSession;

// Used on the session's executor. Reading and writing after the session's end gives operation_aborted. The
// protocols tell a client nothing when one of its channels ends before the connection does.
class WebSocketChannel final : public Duplex {
 public:
  // Made by the session.
  WebSocketChannel(boost::asio::any_io_executor executor, std::weak_ptr<WebSocketSession> session,
                   ChannelNumber number)
      : executor_(executor), session_(std::move(session)), number_(number), inbox_(executor) {}

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override;
  void Write(boost::asio::const_buffer buffer, Handler handler) override;
  void Close() override { closed_ = true; }
  void Abort() override;

 private:
  friend class WebSocketSession;

  const boost::asio::any_io_executor executor_;
  const std::weak_ptr<WebSocketSession> session_;
  const ChannelNumber number_;
  Inbox inbox_;
  bool closed_ = false;  // our direction
};

using WebSocketChannelPointer = std::shared_ptr<WebSocketChannel>;

}  // namespace jobpod::streaming
