// Who is attached to one container. Its output comes to them besides the log.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/shim/attached_client.hpp"

namespace jobpod::shim {

// On the shim's one thread. Never waits in a call.
class Audience : public std::enable_shared_from_this<Audience> {
 public:
  explicit Audience(boost::asio::io_context& io) : io_(io) {}

  // Begins to keep output for the one client this container was made for (Stdio.stdin_once).
  Status Expect(const Stdio& stdio);

  // ResourceExhausted when there are too many already.
  Status CheckRoom() const;
  // The client gets its ends (protocol.proto). `terminal`: the container has one.
  StatusOr<AttachReply> Attach(const shim::Attach& asked, ClientHandles handles, AttachedClient::Input input,
                               bool terminal);

  void Tell(LogStream stream, std::string_view bytes);

  // Somebody holds this stream back: the container's output should not be read until `on_ready` is called.
  bool Waiting(LogStream stream) const;
  void OnReady(std::function<void()> on_ready) { on_ready_ = std::move(on_ready); }
  // From now on nobody holds it back; what little comes is kept for them.
  void StopWaiting();

  // The container has ended and its output is told.
  void End(int exit_code);

 private:
  using Client = std::shared_ptr<AttachedClient>;

  void Admit(const Client& client);
  void Forget(const AttachedClient* client);
  void Ready() const;

  boost::asio::io_context& io_;
  std::vector<Client> clients_;
  Client expected_;  // one of clients_ that has not come yet
  std::function<void()> on_ready_;
  bool once_ = false, never_waits_ = false;
};

}  // namespace jobpod::shim
