// The shim's side of protocol.proto: connections in, requests to the pod, events out.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <set>
#include <string>

#include "runtime/shim/connection.hpp"
#include "runtime/shim/listener.hpp"
#include "runtime/shim/pod.hpp"

namespace jobpod::shim {

// Of the shim; InvalidArgument for a file that is none.
StatusOr<Config> ReadConfig(const std::string& path);

// On the shim's one thread. Stops the io_context when the shim has nothing left to do.
class Server : public ConnectionOwner {
 public:
  // `socket`: see Listener. `config_path`: the file `config` was read from.
  Server(boost::asio::io_context& io, Config config, std::string config_path, OwnedHandle socket);

  // Makes the pod's job and begins to accept.
  Status Begin();

  void OnRequest(const std::shared_ptr<Connection>& connection, const ToShim& request) override;
  void OnClosed(const std::shared_ptr<Connection>& connection) override;

 private:
  using ConnectionPointer = std::shared_ptr<Connection>;

  void Admit(OwnedHandle socket);
  void WaitForHandshake();
  void RestSoon();  // lets go of memory once requests cease

  Status Answer(const ConnectionPointer& connection, const ToShim& request, FromShim& reply);
  Status SayHello(const ConnectionPointer& connection, const Hello& hello, HelloReply& reply);
  Status StartContainer(const jobpod::shim::Start& start, StartReply& reply);
  Status AttachClient(const ConnectionPointer& connection, const shim::Attach& asked, AttachReply& reply);
  Status RunExec(const ConnectionPointer& connection, const ToShim& request);
  Status RunStreamedExec(const ConnectionPointer& connection, const ToShim& request);
  void BeginShutdown(const ConnectionPointer& connection, uint64_t id);
  void EndShutdown(const ConnectionPointer& connection, uint64_t id, const Status& outcome);
  void RemoveTraces();
  void Publish(const FromShim& event);

  boost::asio::io_context& io_;
  const Config config_;
  const std::string config_path_;
  ReadBuffer buffer_;
  Reaper reaper_;
  Listener listener_;
  boost::asio::steady_timer handshake_;
  boost::asio::steady_timer rest_;
  std::unique_ptr<Pod> pod_;
  std::set<ConnectionPointer> connections_;
  std::set<std::pair<const Connection*, std::string>> execs_;  // who started which
  bool shutting_down_ = false;
};

}  // namespace jobpod::shim
