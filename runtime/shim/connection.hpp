// One connection of a daemon to the shim.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <memory>
#include <string>

#include "base/frame.hpp"
#include "base/handle_linux.hpp"
#include "runtime/shim/output_pump.hpp"
#include "runtime/shim/protocol.pb.h"

namespace jobpod::shim {

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  virtual void OnRequest(const std::shared_ptr<Connection>& connection, const ToShim& request) = 0;
  // Called once, also after Close.
  virtual void OnClosed(const std::shared_ptr<Connection>& connection) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `socket` is non-blocking. `owner` and `buffer` outlive the connection.
  Connection(boost::asio::io_context& io, Fd socket, ConnectionOwner& owner, ReadBuffer& buffer);

  void Start() { WaitForInput(); }

  // Never blocks; a peer that lets more than a bound pile up is disconnected.
  void Send(const FromShim& message);
  void Fail(uint64_t id, const Status& error);

  // The next descriptor that came with a request, in the order they were sent; not valid when there is none.
  Fd TakeHandle();

  bool subscribed() const { return subscribed_; }
  void Subscribe() { subscribed_ = true; }

 private:
  void WaitForInput();
  bool ReadSome();
  bool KeepHandles(const void* message);
  bool HandleFrames();
  void WriteSome();
  void Close();

  boost::asio::posix::stream_descriptor socket_;
  ConnectionOwner& owner_;
  ReadBuffer& buffer_;
  FrameReader reader_;
  size_t unread_ = 0;  // bytes given to reader_ and not taken as frames yet
  std::deque<Fd> handles_;
  std::string outgoing_;
  bool writing_ = false;
  bool subscribed_ = false;
};

}  // namespace jobpod::shim
