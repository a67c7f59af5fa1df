// The server's end of one WebSocket that carries a remote command: its channels, a message at a time in each
// direction. It reads on only while its channels can take what comes, so it holds a bounded number of bytes.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/status.hpp"
#include "cri/streaming/channel_message.hpp"
#include "cri/streaming/growing_buffer.hpp"
#include "cri/streaming/session_limits.hpp"
#include "cri/streaming/websocket.hpp"
#include "cri/streaming/websocket_channel.hpp"

namespace jobpod::streaming {

// Not thread-safe: everything runs on the executor. Lives until it has ended.
class WebSocketSession : public std::enable_shared_from_this<WebSocketSession> {
 public:
  // `socket` has accepted.
  WebSocketSession(boost::asio::any_io_executor executor, WebSocketPointer socket, const ChannelForm& form,
                   SessionLimits limits);

  // `ended` runs once: the connection is over, or the client broke the protocol. Every channel has ended. Not
  // after Finish(). What the client sends on the channels not in `wanted` is dropped.
  void Start(const std::vector<ChannelNumber>& wanted, std::function<void(const Status& why)> ended);
  const WebSocketChannelPointer& channel(ChannelNumber number) const {
    return channels_[static_cast<size_t>(number)];
  }
  // The orderly end, when what was written has left: a close frame, and the client has a while to close, too.
  // `closed` runs after that.
  void Finish(std::function<void()> closed);
  // Ends at once, without a word to `ended`.
  void Abort();

 private:
  friend class WebSocketChannel;
  using Error = boost::system::error_code;

  // For its channels.
  void Send(ChannelNumber number, boost::asio::const_buffer bytes, Duplex::Handler handler);
  void GoOn();  // a channel may take more

  void ReadMore();
  void OnRead(const Error& error, size_t size, bool last);
  bool Deliver();

  void WriteNext();
  void OnWritten(const Error& error);
  void Pulse();
  void OnPulse();
  void OnPong(const Error& error);
  // Ends the connection for `why` and tells `ended`.
  void Break(const Status& why, CloseCode code);
  void Leave(CloseCode code);
  void Over();

  const boost::asio::any_io_executor executor_;
  const WebSocketPointer socket_;
  const ChannelForm form_;
  const SessionLimits limits_;
  std::array<WebSocketChannelPointer, kChannels> channels_;
  std::function<void(const Status&)> ended_;
  std::function<void()> closed_;

  GrowingBuffer in_;
  ChannelReader reader_;
  ChannelPiece piece_;  // what of it no channel has taken; its bytes are in in_ or reader_
  bool reading_ = false;

  struct Writer {
    ChannelNumber channel;
    boost::asio::const_buffer bytes;
    Duplex::Handler handler;
  };
  std::deque<Writer> out_;  // the first is on its way; each channel has one writer at a time
  bool writing_ = false;
  char head_ = 0;        // of the message on its way
  std::string encoded_;  // its body, in base64
  bool leaving_ = false, over_ = false;

  boost::asio::steady_timer pulse_;
  std::chrono::steady_clock::time_point active_;
};

}  // namespace jobpod::streaming
