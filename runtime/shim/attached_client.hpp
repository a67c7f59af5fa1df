// One client attached to a container: its output pipes and its control socket.
#pragma once

#include <functional>
#include <memory>

#include "base/native_handle.hpp"
#include "runtime/shim/client_output.hpp"
#include "runtime/shim/control_socket.hpp"
#include "runtime/shim/input_end.hpp"
#include "runtime/shim/log_writer.hpp"
#include "runtime/shim/terminal.hpp"

namespace jobpod::shim {

// What came with an attach: its control socket; on Windows also the shim's ends of the client's pipes.
struct ClientHandles {
  OwnedHandle control, input, output, error;
};

// On the shim's one thread.
class AttachedClient : public std::enable_shared_from_this<AttachedClient> {
 public:
  struct Events {
    std::function<void()> ready;  // it held the container's output back and does not any more
    std::function<void()> gone;   // it has left or was cut off; called once, not after End
  };
  // What comes from the client to the container. Null where it has none.
  struct Input {
    std::shared_ptr<InputEnd> end;
    std::shared_ptr<Terminal> terminal;  // then `end` is its owner's side
    bool owned = false;                  // nobody else has `end`
  };

  // Output is kept from now on, so that a client may be prepared before it comes.
  static StatusOr<std::shared_ptr<AttachedClient>> Create(boost::asio::io_context& io, bool has_output,
                                                          bool has_error, WhenBehind when_behind);

  void SetEvents(Events events);

  // The client has come: it gets its ends as `asked` says, and `input`. Called once.
  StatusOr<AttachReply> Meet(const Attach& asked, ClientHandles handles, Input input);

  void Tell(LogStream stream, std::string_view bytes);
  bool waiting(LogStream stream) const;

  // The container has ended: when everything is written the client is told, and let go.
  void End(int exit_code);
  // Lets it go at once.
  void Drop(const Status& why);

 private:
  AttachedClient(boost::asio::io_context& io, WhenBehind when_behind) : io_(io), when_behind_(when_behind) {}

  // Of each system (attached_client_{linux,windows}.cpp).
  Status AddPipe(LogStream stream);
  // What was prepared and is not asked for is closed, which ends that output.
  StatusOr<bool> HandOver(LogStream stream, bool asked, ClientHandles& handles);
  Status HandOverInput(const Input& input, ClientHandles& handles);

  void Control(OwnedHandle socket, std::shared_ptr<Terminal> terminal);
  void CloseOutputs();
  void FinishFrom(int stream, int exit_code);

  boost::asio::io_context& io_;
  const WhenBehind when_behind_;
  std::shared_ptr<ClientOutput> outputs_[2];  // by LogStream; null where there is none
  OwnedHandle theirs_[2];                     // Linux: until it comes
  std::unique_ptr<ControlSocket> control_;
  Events events_;
};

}  // namespace jobpod::shim
