// The server's end of one SPDY/3.1 connection: its streams and what is written. The session reads on only
// while its streams can take what comes and its own answers leave, so it holds a bounded number of bytes.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "base/status.hpp"
#include "cri/streaming/duplex.hpp"
#include "cri/streaming/session_limits.hpp"
#include "cri/streaming/spdy_parser.hpp"
#include "cri/streaming/spdy_stream.hpp"

namespace jobpod::streaming {

using SpdyStreamPointer = std::shared_ptr<SpdyStream>;

// Not thread-safe: everything runs on the executor. Lives until it has ended.
class SpdySession : public std::enable_shared_from_this<SpdySession> {
 public:
  struct Events {
    // The client has opened a stream; it has been answered.
    std::function<void(SpdyStreamPointer)> opened;
    // Once: the connection is over, or the client broke the protocol. Every stream has ended. Not after
    // Finish().
    std::function<void(const Status& why)> ended;
  };

  SpdySession(boost::asio::any_io_executor executor, DuplexPointer transport, SessionLimits limits);

  void Start(Events events);
  // The orderly end: what was written leaves, GOAWAY, our side closes, and the client has `linger` to close
  // its own (a close with unread bytes would destroy what it has not read yet). `closed` runs after that.
  void Finish(std::function<void()> closed);
  // Ends at once, without a word to `ended`.
  void Abort();

  const boost::asio::any_io_executor& executor() const { return executor_; }

 private:
  friend class SpdyStream;
  using Error = boost::system::error_code;

  // For its streams.
  void SendData(uint32_t id, boost::asio::const_buffer bytes, Duplex::Handler handler);
  void SendFinished(uint32_t id);
  void SendReset(uint32_t id, ResetReason reason);
  void Forget(uint32_t id) { streams_.erase(id); }
  void GoOn();  // a stream may take more

  void ReadMore();
  void OnRead(const Error& error, size_t size);
  void OnReadError(const Error& error);
  bool Step();
  bool TakeData();
  void Take(StreamOpened opened);
  void Take(const StreamData& data) { data_ = data; }
  void Take(const StreamReset& reset);
  void Take(const Pinged& ping);
  void Take(const Ignored&) {}

  void Flush();
  void OnFlushed(const Error& error);
  void Pulse();
  void OnPulse();
  // Says goodbye to the client for `why` and tells `ended`.
  void Break(const Status& why, GoAwayReason reason);
  void Leave(GoAwayReason reason);
  void EndStreams();
  void Over();

  const boost::asio::any_io_executor executor_;
  const DuplexPointer transport_;
  const SessionLimits limits_;
  Events events_;
  std::function<void()> closed_;

  SpdyParser parser_;
  HeaderWriter headers_;
  std::map<uint32_t, SpdyStreamPointer> streams_;
  std::vector<char> in_;
  size_t begin_ = 0, end_ = 0;      // what of in_ has not been looked at
  std::optional<StreamData> data_;  // waits for its stream to take it; its bytes are in in_
  bool reading_ = false, working_ = false, grow_ = false, peer_closed_ = false;

  struct Writer {
    Duplex::Handler handler;
    size_t size;
  };
  std::string out_, sending_;            // to be sent next, on its way
  std::vector<Writer> writers_, sent_;   // of out_, of sending_
  bool leaving_ = false, over_ = false;  // our side closes behind out_; everything is closed

  boost::asio::steady_timer pulse_, linger_;
  std::chrono::steady_clock::time_point active_;
  uint32_t next_ping_ = 2;
};

}  // namespace jobpod::streaming
