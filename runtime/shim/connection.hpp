// One connection of a daemon to the shim.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "base/frame.hpp"
#include "base/native_handle.hpp"
#include "base/status.hpp"
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
  // `socket`: from Listener. `owner` and `buffer` outlive the connection.
  Connection(boost::asio::io_context& io, OwnedHandle socket, ConnectionOwner& owner, ReadBuffer& buffer);
  ~Connection();

  void Start() { Read(); }

  // Never blocks; a peer that lets more than a bound pile up is disconnected.
  void Send(const FromShim& message);
  void Fail(uint64_t id, const Status& error);

  // The next handle that came with a request, in the order they were sent; empty when there is none.
  OwnedHandle TakeHandle();

  bool subscribed() const { return subscribed_; }
  void Subscribe() { subscribed_ = true; }

 private:
  // Of each system (connection_{linux,windows}.cpp).
  class Socket;
  void Read();
  void WriteSome();
  // Those that a message names by value (protocol.proto).
  void AdoptHandles(const ToShim& request);
  bool IsOpen() const;
  void CloseSocket();

  // False when the stream makes no sense any more.
  bool Take(std::string_view bytes);
  bool HandleFrames();
  void Close();

  std::unique_ptr<Socket> socket_;
  ConnectionOwner& owner_;
  ReadBuffer& buffer_;
  FrameReader reader_;
  size_t unread_ = 0;  // bytes given to reader_ and not taken as frames yet
  std::deque<OwnedHandle> handles_;
  std::string outgoing_;
  bool writing_ = false;
  bool subscribed_ = false;
};

}  // namespace jobpod::shim
