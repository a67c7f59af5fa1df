#include "runtime/shim/terminal.hpp"

#include "base/pipe_windows.hpp"
#include "base/win32_windows.hpp"
#include "runtime/shim/pseudo_console_windows.hpp"

namespace jobpod::shim {
namespace {

class ConsoleTerminal final : public Terminal {
 public:
  ConsoleTerminal(PseudoConsole console, OwnedHandle input, OwnedHandle output)
      : console_(std::move(console)), input_(std::move(input)), output_(std::move(output)) {}

  NativeHandle console() const override { return reinterpret_cast<NativeHandle>(console_.get()); }

  Status Take(OwnedHandle& input, OwnedHandle& output) override {
    input = std::move(input_);
    output = std::move(output_);
    return absl::OkStatus();
  }

  void Resize(uint16_t width, uint16_t height) override { console_.Resize(width, height); }
  void End() override { console_.Close(); }

 private:
  PseudoConsole console_;
  OwnedHandle input_, output_;  // what the console reads from, writes to, until taken
};

StatusOr<std::shared_ptr<Terminal>> Make(HANDLE input, HANDLE output, OwnedHandle our_input,
                                         OwnedHandle our_output) {
  ASSIGN_OR_RETURN(PseudoConsole console, PseudoConsole::Create(input, output));
  return std::static_pointer_cast<Terminal>(
      std::make_shared<ConsoleTerminal>(std::move(console), std::move(our_input), std::move(our_output)));
}

StatusOr<Handle> OpenNothing() {
  Handle nothing(CreateFileW(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr, OPEN_EXISTING, 0,
                             nullptr));
  if (nothing) return nothing;
  return LastErrorStatus("open NUL");
}

}  // namespace

StatusOr<std::shared_ptr<Terminal>> Terminal::ForContainer() {
  ASSIGN_OR_RETURN(Pipe input, MakePipe(PipeUse::kWaiting, PipeUse::kOverlapped));
  ASSIGN_OR_RETURN(Pipe output, MakePipe(PipeUse::kOverlapped, PipeUse::kWaiting));
  return Make(input.read.get(), output.write.get(), Own(std::move(input.write)), Own(std::move(output.read)));
}

// Without an input the console would end at once: it gets one that nobody writes to.
StatusOr<std::shared_ptr<Terminal>> Terminal::ForExec(OwnedHandle input, OwnedHandle output, const OwnedHandle&) {
  Pipe silence;
  if (!input) {
    ASSIGN_OR_RETURN(silence, MakePipe(PipeUse::kWaiting, PipeUse::kWaiting));
    input = Own(std::move(silence.read));
  }
  if (!output) {
    ASSIGN_OR_RETURN(Handle nothing, OpenNothing());
    output = Own(std::move(nothing));
  }
  return Make(HandleOf(input), HandleOf(output), Own(std::move(silence.write)), {});
}

}  // namespace jobpod::shim
