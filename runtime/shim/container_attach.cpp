// Clients that join a container's streams.
#include <utility>

#include "runtime/shim/container.hpp"

namespace jobpod::shim {

StatusOr<AttachReply> Container::Attach(const shim::Attach& asked, ClientHandles handles) {
  if (phase_ >= Phase::kDraining) {
    return absl::FailedPreconditionError(Concat("container ", report_.id(), " is not running"));
  }
  RETURN_IF_ERROR(audience_->CheckRoom());
  return audience_->Attach(asked, std::move(handles), InputFor(asked), tty_);
}

// stdin_once: the first client gets the one writing end there is, so that its end, however it comes, is the
// container's end of file. A terminal has no such end and stays for the next client.
AttachedClient::Input Container::InputFor(const shim::Attach& asked) {
  const bool wanted = asked.has_stdin() || (tty_ && asked.terminal());
  if (!wanted || !input_) return {};
  if (tty_) return {.end = input_, .terminal = terminal_};
  if (!stdin_once_) return {.end = input_};
  return {.end = std::exchange(input_, nullptr), .owned = true};
}

}  // namespace jobpod::shim
