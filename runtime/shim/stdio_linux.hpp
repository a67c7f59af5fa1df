// The standard streams of a new container: pipes, or a terminal.
#pragma once

#include "base/handle_linux.hpp"
#include "base/status.hpp"
#include "runtime/job.hpp"

namespace jobpod::shim {

struct ContainerStdio {
  // The process's ends; closed once it runs.
  Fd process_input, process_output, process_error, process_console;
  // The shim's ends, non-blocking. With a terminal `output` and `input` are its master side, there once
  // TakeTerminal has been called, and `error` is not set; otherwise `input` is set when standard input is kept
  // open.
  Fd input, output, error;
  Fd console;  // where the terminal's master side comes from

  // Sets the streams of `handles`.
  void Describe(SpawnHandles& handles) const {
    handles.standard_input = process_input.get();
    handles.standard_output = process_output.get();
    handles.standard_error = process_error.get();
    handles.console = process_console.get();
  }

  // Called when the process runs.
  Status TakeTerminal();
};

StatusOr<ContainerStdio> OpenStdio(const Stdio& asked);

}  // namespace jobpod::shim
