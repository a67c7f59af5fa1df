#include "base/pipe_windows.hpp"
#include "runtime/shim/stdio.hpp"

namespace jobpod::shim {
namespace {

Status AddOutput(OwnedHandle& ours, OwnedHandle& process) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(PipeUse::kOverlapped, PipeUse::kWaiting));
  ours = Own(std::move(pipe.read));
  process = Own(std::move(pipe.write));
  return absl::OkStatus();
}

Status AddInput(OwnedHandle& ours, OwnedHandle& process) {
  ASSIGN_OR_RETURN(Pipe pipe, MakePipe(PipeUse::kWaiting, PipeUse::kOverlapped));
  ours = Own(std::move(pipe.write));
  process = Own(std::move(pipe.read));
  return absl::OkStatus();
}

}  // namespace

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked) {
  ContainerStdio stdio;
  if (asked.tty()) {
    ASSIGN_OR_RETURN(stdio.terminal, Terminal::ForContainer());
    return stdio;
  }
  RETURN_IF_ERROR(AddOutput(stdio.output, stdio.process_output));
  RETURN_IF_ERROR(AddOutput(stdio.error, stdio.process_error));
  if (asked.stdin()) RETURN_IF_ERROR(AddInput(stdio.input, stdio.process_input));
  return stdio;
}

}  // namespace jobpod::shim
