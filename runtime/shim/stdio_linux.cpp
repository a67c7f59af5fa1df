#include "base/pipe_linux.hpp"
#include "runtime/shim/stdio.hpp"

namespace jobpod::shim {
namespace {

OwnedHandle Own(Fd end) {
  return OwnedHandle(end.Release());
}

}  // namespace

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked) {
  ContainerStdio stdio;
  if (asked.tty()) {
    ASSIGN_OR_RETURN(stdio.terminal, Terminal::ForContainer());
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
    stdio.process_input = Own(std::move(input.read));
    stdio.input = Own(std::move(input.write));
  }
  stdio.output = Own(std::move(output.read));
  stdio.error = Own(std::move(error.read));
  stdio.process_output = Own(std::move(output.write));
  stdio.process_error = Own(std::move(error.write));
  return stdio;
}

}  // namespace jobpod::shim
