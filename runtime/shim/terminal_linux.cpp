#include "base/handle_linux.hpp"
#include "runtime/console_linux.hpp"
#include "base/pipe_linux.hpp"
#include "runtime/shim/terminal.hpp"

namespace jobpod::shim {
namespace {

// Only the way the terminal comes by: it ends with its last process.
class SentTerminal final : public Terminal {
 public:
  explicit SentTerminal(NativeHandle daemons) : console_(daemons) {}
  explicit SentTerminal(SocketPair sockets)
      : ours_(std::move(sockets.ours)), theirs_(std::move(sockets.theirs)), console_(theirs_.get()) {}

  NativeHandle console() const override { return console_; }

  Status Take(OwnedHandle& input, OwnedHandle& output) override {
    theirs_.Reset();
    const Fd socket = std::move(ours_);
    ASSIGN_OR_RETURN(Fd terminal, ReceiveHandle(socket.get()));
    RETURN_IF_ERROR(MakeNonBlocking(terminal));
    ASSIGN_OR_RETURN(Fd copy, Duplicate(terminal));
    input = OwnedHandle(copy.Release());
    output = OwnedHandle(terminal.Release());
    return absl::OkStatus();
  }

  void Resize(uint16_t, uint16_t) override {}
  void End() override {}

 private:
  Fd ours_, theirs_;
  const NativeHandle console_;
};

}  // namespace

StatusOr<std::shared_ptr<Terminal>> Terminal::ForContainer() {
  ASSIGN_OR_RETURN(SocketPair sockets, MakeSocketPair());
  return std::static_pointer_cast<Terminal>(std::make_shared<SentTerminal>(std::move(sockets)));
}

StatusOr<std::shared_ptr<Terminal>> Terminal::ForExec(OwnedHandle, OwnedHandle, const OwnedHandle& control) {
  return std::static_pointer_cast<Terminal>(std::make_shared<SentTerminal>(control.get()));
}

}  // namespace jobpod::shim
