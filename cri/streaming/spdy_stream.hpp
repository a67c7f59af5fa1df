// One stream of a SPDY session, as the server sees it.
#pragma once

#include <string>

#include "cri/streaming/duplex.hpp"
#include "cri/streaming/inbox.hpp"
#include "cri/streaming/spdy_headers.hpp"

namespace jobpod::streaming {

class SpdySession;

// Used on the session's executor. Reading and writing after the session's end gives operation_aborted.
class SpdyStream final : public Duplex {
 public:
  // Made by the session.
  SpdyStream(boost::asio::any_io_executor executor, std::weak_ptr<SpdySession> session, uint32_t id,
             SpdyHeaders headers)
      : executor_(executor),
        session_(std::move(session)),
        id_(id),
        headers_(std::move(headers)),
        inbox_(executor) {}

  uint32_t id() const { return id_; }
  // Empty when there is no such header.
  const std::string& header(const std::string& name) const;

  void Read(boost::asio::mutable_buffer buffer, Handler handler) override;
  void Write(boost::asio::const_buffer buffer, Handler handler) override;
  void Close() override;
  void Abort() override;
  // Whatever the client sends on it from now on is dropped instead of waiting for a reader.
  void DropInput();

 private:
  friend class SpdySession;

  // The session says that the stream is over in both directions.
  void End(const boost::system::error_code& why);
  bool done() const { return inbox_.ended() && closed_; }

  const boost::asio::any_io_executor executor_;
  const std::weak_ptr<SpdySession> session_;
  const uint32_t id_;
  const SpdyHeaders headers_;
  Inbox inbox_;
  bool closed_ = false;  // our direction
};

}  // namespace jobpod::streaming
