// Clients that join a container's streams.
#include "base/pipe_linux.hpp"
#include "runtime/shim/container.hpp"

namespace jobpod::shim {

StatusOr<AttachReply> Container::Attach(const shim::Attach& asked, Fd control) {
  if (phase_ >= Phase::kDraining) {
    return absl::FailedPreconditionError(Concat("container ", report_.id(), " is not running"));
  }
  RETURN_IF_ERROR(audience_->CheckRoom());
  ASSIGN_OR_RETURN(AttachedClient::Input input, InputFor(asked));
  return audience_->Attach(asked, std::move(control), std::move(input), tty_);
}

// stdin_once: the first client gets the one writing end there is, so that its end, however it comes, is the
// container's end of file. A terminal has no such end and stays for the next client.
StatusOr<AttachedClient::Input> Container::InputFor(const shim::Attach& asked) {
  AttachedClient::Input input;
  const bool wanted = asked.has_stdin() || (tty_ && asked.terminal());
  if (!wanted || !input_) return input;
  if (tty_) {
    ASSIGN_OR_RETURN(input.terminal, Duplicate(input_));
  } else if (stdin_once_) {
    input.owned = true;
    input.pipe = std::move(input_);
  } else {
    ASSIGN_OR_RETURN(input.pipe, Duplicate(input_));
  }
  return input;
}

}  // namespace jobpod::shim
