#include "runtime/shim/stdio_linux.hpp"

#include "base/pipe_linux.hpp"
#include "runtime/console_linux.hpp"

namespace jobpod::shim {

Status ContainerStdio::TakeTerminal() {
  if (!console) return absl::OkStatus();
  ASSIGN_OR_RETURN(output, ReceiveHandle(console.get()));
  ASSIGN_OR_RETURN(input, Duplicate(output));
  console.Reset();
  return MakeNonBlocking(output);
}

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked) {
  ContainerStdio stdio;
  if (asked.tty()) {
    ASSIGN_OR_RETURN(SocketPair sockets, MakeSocketPair());
    stdio.console = std::move(sockets.ours);
    stdio.process_console = std::move(sockets.theirs);
    return stdio;
  }
  ASSIGN_OR_RETURN(Pipe output, MakePipe());
  ASSIGN_OR_RETURN(Pipe error, MakePipe());
  // Only the shim's ends: the container gets ordinary blocking streams.
  RETURN_IF_ERROR(MakeNonBlocking(output.read));
  RETURN_IF_ERROR(MakeNonBlocking(error.read));
  if (asked.stdin()) {
    ASSIGN_OR_RETURN(Pipe input, MakePipe());
    RETURN_IF_ERROR(MakeNonBlocking(input.write));
    stdio.process_input = std::move(input.read);
    stdio.input = std::move(input.write);
  }
  stdio.output = std::move(output.read);
  stdio.error = std::move(error.read);
  stdio.process_output = std::move(output.write);
  stdio.process_error = std::move(error.write);
  return stdio;
}

}  // namespace jobpod::shim
